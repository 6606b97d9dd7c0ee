import { plaintextClient, readAllRecords, type TestKafka } from '../../src/index.ts'

/** Edges of the windows that the guides restore, in UTC. */
const MOMENTS = [
  '2024-11-10T10:00:00Z',
  '2024-11-10T14:00:00Z',
  '2024-11-10T14:31:15Z',
  '2024-12-01T00:00:00Z',
  '2024-12-01T10:00:00Z',
  '2024-12-01T11:00:00Z',
  '2024-12-01T14:29:59Z',
  '2024-12-01T14:59:59.999Z',
  '2024-12-01T17:00:00Z',
  '2024-12-01T23:59:59Z',
  '2024-12-01T23:59:59.999Z',
  '2024-01-15T00:00:00Z',
  '2024-01-15T09:00:00Z',
  '2024-01-15T10:00:00Z',
  '2024-01-15T11:00:00Z',
  '2024-01-15T15:00:00Z',
  '2024-01-15T23:59:59.999Z',
]

/** Topics that the patterns of the guides tell apart. */
export const GUIDE_TOPICS = [
  'audit-log',
  'billing',
  'events',
  'high-volume-topic',
  'notifications',
  'orders',
  'orders-1',
  'orders-changelog',
  'payments',
  'payments-test',
  'payments-v1',
  'us-topic',
  'user-events',
  'user-v2',
]

export const GUIDE_GROUPS = ['another-group', 'my-consumer-group']

export const PARTITIONS = 4

/** Each edge, and one millisecond before and after it, out of order. */
export const TIMESTAMPS: readonly number[] = MOMENTS.map(Date.parse).flatMap((edge) => [edge + 1, edge - 1, edge])

/** How far each group has read in each partition of `orders`. */
export function guideGroupOffset(partition: number): number {
  return 10 + partition
}

/** Makes topics, each with a record of every timestamp in each partition, and groups that have read of `orders`. */
export async function fillGuideSource(
  kafka: TestKafka,
  { topics = GUIDE_TOPICS, groups = GUIDE_GROUPS }: { topics?: readonly string[]; groups?: readonly string[] } = {},
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    await admin.createTopics({ waitForLeaders: false, topics: topics.map(newTopic) })
    for (const topic of topics) await awaitLeaders(admin, topic)
  })
  await produceRecords(kafka, topics)
  await withAdmin(kafka, async (admin) => {
    for (const groupId of groups) await admin.setOffsets({ groupId, topic: 'orders', partitions: positions() })
  })
}

/** Deletes every topic that is not internal, and waits until they are gone. */
export async function deleteAllTopics(kafka: TestKafka): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    while ((await admin.listTopics()).some((topic) => topics.includes(topic))) await pause()
  })
}

/** `topic/partition timestamp` of every record that is there. */
export async function restoredRecords(kafka: TestKafka): Promise<readonly string[]> {
  const topics = await topicNames(kafka)
  const records = topics.length === 0 ? [] : await readAllRecords(kafka, { topics })
  return records.map(({ topic, partition, timestamp }) => `${topic}/${partition} ${timestamp}`)
}

/** The topics that are not internal. */
async function topicNames(kafka: TestKafka): Promise<readonly string[]> {
  return withAdmin(kafka, async (admin) => (await admin.listTopics()).filter((topic) => !topic.startsWith('__')))
}

/** Where a group is in a topic, by partition; −1 where it has no position. */
export async function groupOffsets(kafka: TestKafka, groupId: string, topic: string): Promise<readonly string[]> {
  return withAdmin(kafka, async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
    return [...(found?.partitions ?? [])].sort((a, b) => a.partition - b.partition).map(({ offset }) => offset)
  })
}

/** Sets a group to the first offset of each partition of a topic. */
export async function moveToStart(kafka: TestKafka, groupId: string, topic: string): Promise<void> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, offset: '0' }))
  await withAdmin(kafka, (admin) => admin.setOffsets({ groupId, topic, partitions }))
}

type Admin = ReturnType<ReturnType<typeof plaintextClient>['admin']>

async function withAdmin<Result>(kafka: TestKafka, work: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = plaintextClient(kafka.plaintextServers).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** A producer that meets a partition without a leader sends all others again, which would double their records. */
async function awaitLeaders(admin: Admin, topic: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const offsets = await admin.fetchTopicOffsets(topic)
      if (offsets.length === PARTITIONS) return
    } catch (error) {
      if (attempt > 200) throw error
    }
    await pause()
  }
}

async function produceRecords(kafka: TestKafka, topics: readonly string[]): Promise<void> {
  const producer = plaintextClient(kafka.plaintextServers).producer()
  await producer.connect()
  try {
    for (const topic of topics) await producer.send({ topic, messages: topicMessages() })
  } finally {
    await producer.disconnect()
  }
}

function newTopic(topic: string) {
  const configEntries = [{ name: 'retention.ms', value: '-1' }]
  return { topic, numPartitions: PARTITIONS, replicationFactor: 1, configEntries }
}

function partitionNumbers(): readonly number[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => partition)
}

function positions() {
  return partitionNumbers().map((partition) => ({ partition, offset: `${guideGroupOffset(partition)}` }))
}

function topicMessages() {
  return partitionNumbers().flatMap((partition) =>
    TIMESTAMPS.map((timestamp) => ({ partition, value: new Date(timestamp).toISOString(), timestamp: `${timestamp}` })),
  )
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50))
}

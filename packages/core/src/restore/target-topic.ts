import { KbackupError } from '../errors/kbackup-error.ts'
import { refusalCode } from '../kafka/forbidden.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { OffsetAnswer, TopicDescription } from '../kafka/kafka-topics.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'

/** What the target says of a topic that is there. */
export interface TargetTopic {
  readonly description: TopicDescription
  /** Effective values, whoever set them. */
  readonly settings: ReadonlyMap<string, string>
  /** Names of the settings that are set on the topic itself. */
  readonly overrides: ReadonlySet<string>
  /** By partition number. */
  readonly logStartOffsets: readonly bigint[]
  readonly endOffsets: readonly bigint[]
}

/** Settings of topics that bear on a restore, with the value that Kafka itself gives them. */
export const KAFKA_DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['cleanup.policy', 'delete'],
  ['max.compaction.lag.ms', '9223372036854775807'],
  ['max.message.bytes', '1048588'],
  ['message.timestamp.after.max.ms', '3600000'],
  ['message.timestamp.before.max.ms', '9223372036854775807'],
  ['message.timestamp.type', 'CreateTime'],
  ['retention.bytes', '-1'],
  ['retention.ms', '604800000'],
])

/** How many offsets a topic spans; as many records, at the most. */
export function offsetSpan({ logStartOffsets, endOffsets }: TargetTopic): bigint {
  return endOffsets.reduce((sum, end, index) => sum + end - (logStartOffsets[index] ?? end), 0n)
}

/** Reads what is there of some topics; those that do not exist are left out. */
export async function readTargetTopics(
  cluster: KafkaCluster,
  topics: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, TargetTopic>> {
  const descriptions = await cluster.describeTopics(topics, { signal })
  const names = descriptions.map(({ topic }) => topic)
  const configs = await cluster.describeTopicConfigs(names, { signal })
  const [starts, ends] = await Promise.all([
    offsetsOf(cluster, { descriptions, at: 'earliest', signal }),
    offsetsOf(cluster, { descriptions, at: 'latest', signal }),
  ])
  return new Map(
    descriptions.map((description) => {
      const entries = configs.get(description.topic) ?? []
      const settings = new Map(entries.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])))
      const overrides = new Set(entries.flatMap(({ name, isOverride }) => (isOverride ? [name] : [])))
      const numbers = description.partitions.map(({ partition }) => ({ topic: description.topic, partition }))
      return [
        description.topic,
        {
          description,
          settings,
          overrides,
          logStartOffsets: numbers.map((partition) => starts.get(partitionName(partition)) ?? 0n),
          endOffsets: numbers.map((partition) => ends.get(partitionName(partition)) ?? 0n),
        },
      ]
    }),
  )
}

interface OffsetsQuestion {
  readonly descriptions: readonly TopicDescription[]
  readonly at: 'earliest' | 'latest'
  readonly signal: AbortSignal | undefined
}

async function offsetsOf(
  cluster: KafkaCluster,
  { descriptions, at, signal }: OffsetsQuestion,
): Promise<ReadonlyMap<string, bigint>> {
  const queries = descriptions.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition }) => ({ topic, partition, at })),
  )
  const answers = await cluster.listOffsets(queries, { signal })
  for (const answer of answers) assertAnswered(answer)
  return new Map(answers.map((answer) => [partitionName(answer), answer.offset]))
}

function assertAnswered(answer: OffsetAnswer): void {
  if (answer.error === undefined) return
  throw unreadable(answer, answer.error)
}

function unreadable(target: TopicPartition, error: ProtocolError): KbackupError {
  return new KbackupError(refusalCode(error), {
    message: `the offsets of target partition ${partitionName(target)} cannot be read: ${error.name}`,
    hint: 'the plan needs to know what a target topic holds; check its leader and the right to describe it',
    details: { topic: target.topic, partition: target.partition, error: error.name },
  })
}

/** What brokers give a topic that does not say otherwise, as far as another topic of theirs shows it. */
export async function readBrokerDefaults(
  cluster: KafkaCluster,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const topics = await cluster.describeTopics('all', { signal })
  const some = topics.slice(0, 5).map(({ topic }) => topic)
  const configs = await cluster.describeTopicConfigs(some, { signal })
  const defaults = new Map(KAFKA_DEFAULTS)
  for (const { name, value, isOverride } of [...configs.values()].flat()) {
    if (!isOverride && value !== null && KAFKA_DEFAULTS.has(name)) defaults.set(name, value)
  }
  return defaults
}

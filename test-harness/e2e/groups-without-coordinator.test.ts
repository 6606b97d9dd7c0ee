import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackup, OFFSETS_TOPIC, offsetsTopicPartition, openArchive } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTopic, plaintextClient, startKafka, type TestKafka } from '../src/index.ts'

const TOPIC = 'orders'
const GROUPS = Array.from({ length: 12 }, (_, index) => `group-${index}`)
const BACKUP_ID = 'without-coordinator'

let running: TestKafka
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kbackup-coordinators-'))
  running = await startKafka({ brokers: 3, config: { 'offsets.topic.replication.factor': '1' } })
  await createTopic(running, { topic: TOPIC, partitions: 1, replicas: 3, config: { 'min.insync.replicas': '1' } })
  const producer = plaintextClient(running.plaintextServers).producer()
  await producer.connect()
  await producer.send({ topic: TOPIC, messages: ['a', 'b', 'c'].map((value) => ({ value })) })
  await producer.disconnect()
})

afterAll(async () => {
  await running?.stop()
  await rm(directory, { recursive: true, force: true })
})

describe('groups whose coordinator is gone for good', () => {
  it('stay known at the positions they had, as bounds, and are known exactly once it is back', async () => {
    await using cluster = kafka({ brokers: [...running.bootstrapServers] })
    // What is gone for good need not be waited for as long as what comes back.
    await using hasty = kafka({ brokers: [...running.bootstrapServers], retry: { retries: 6 } })
    const commit = (groupId: string, offset: bigint) =>
      cluster.commitGroupOffsets(groupId, [{ topic: TOPIC, partition: 0, offset, leaderEpoch: -1, metadata: '' }])
    const commitAll = async (groupIds: readonly string[], offset: bigint) => {
      for (const groupId of groupIds) expect((await commit(groupId, offset))[0]?.error).toBeUndefined()
    }
    await commitAll(GROUPS, 1n)
    const whole = await backUp(cluster)
    expect(whole.warnings).toEqual([])
    expect(await newest()).toEqual(GROUPS.map((groupId) => [groupId, 1n, 'exact']).sort())

    const [described] = await cluster.describeTopics([OFFSETS_TOPIC])
    const partitionCount = described?.partitions.length ?? 0
    const leaderOf = (groupId: string) =>
      described?.partitions[offsetsTopicPartition(groupId, partitionCount)]?.leader ?? -1
    const lost = leaderOf('group-0')
    const left = GROUPS.filter((groupId) => leaderOf(groupId) !== lost)
    const broker = running.brokers.find(({ id }) => id === lost)
    await broker?.kill('SIGKILL')
    await expect.poll(() => leadersOf(cluster), { timeout: 60_000 }).not.toContain(lost)
    await commitAll(left, 2n)
    const partial = await backUp(hasty)
    expect(partial.groups).toEqual({ captured: left.length, offsetsTopic: 'incomplete' })
    expect(partial.warnings.map(({ code, message }) => [code, message])).toEqual([
      ['KB_WARNING_OFFSETS_TOPIC', expect.stringContaining(`of ${OFFSETS_TOPIC} cannot be read`)],
      ['KB_WARNING_GROUP', expect.stringContaining(`of ${OFFSETS_TOPIC} have no coordinator`)],
    ])
    const bounds = GROUPS.map((groupId) =>
      left.includes(groupId) ? [groupId, 2n, 'exact'] : [groupId, 1n, 'at-or-before'],
    )
    expect(await newest()).toEqual(bounds.sort())

    await broker?.restart()
    await backUp(cluster)
    expect(await newest()).toEqual(GROUPS.map((groupId) => [groupId, left.includes(groupId) ? 2n : 1n, 'exact']).sort())
  })
})

function backUp(source: ReturnType<typeof kafka>) {
  return createBackup({ source, storage: fs({ directory }), backupId: BACKUP_ID, topics: [TOPIC] }).run()
}

async function newest() {
  const archive = await openArchive(fs({ directory }), BACKUP_ID)
  const { positions } = await archive.groups()
  return positions.map(({ groupId, offset, kind }) => [groupId, offset, kind])
}

async function leadersOf(cluster: ReturnType<typeof kafka>): Promise<readonly number[]> {
  const topics = await cluster.describeTopics([OFFSETS_TOPIC, TOPIC])
  return topics.flatMap(({ partitions }) => partitions.map(({ leader }) => leader))
}

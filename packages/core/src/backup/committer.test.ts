import { describe, expect, it } from 'vitest'
import { openArchiveWriter } from '../archive/archive-writer.ts'
import { BACKUP_ID, createOrders, EMPTY_DRAFT, ORDERS, TOPIC_ID } from '../archive/testing/commit-fixture.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { Committer } from './committer.ts'
import { partitionTask } from './partition-task.ts'

const observation = {
  topic: ORDERS,
  partition: 1,
  logStartOffset: 0n,
  lastStableOffset: 0n,
  highWatermark: 0n,
  leaderEpoch: 0,
  observedAtMs: 0n,
}
const facts = {
  topicId: TOPIC_ID,
  leader: 0,
  keepsTransactions: false,
  isTiered: false,
  maxBatchBytes: 1_000,
  observation,
}

describe('a commit that starts a partition', () => {
  it('leaves it where another writer has seen the topic under another id since, and is not made without it', async () => {
    const store = new MemoryBlobStore()
    const open = () => openArchiveWriter(store, BACKUP_ID, { createIfMissing: true })
    const topic = { topic: ORDERS, partitionCount: 2, replicationFactor: 1, configs: {} }
    await (await open()).commit({
      ...createOrders(1),
      catalog: [{ type: 'topic-created', topicId: TOPIC_ID, ...topic }],
    })
    const [slow, other] = [await open(), await open()]
    const left: number[] = []
    const commits: number[] = []
    const committer = new Committer({
      archive: slow,
      bundles: { flush: async () => undefined, holdsSections: false },
      commitIntervalMs: 0,
      nowMs: () => 0,
      topicIds: async () => new Map([[ORDERS, TOPIC_ID]]),
      onCommit: ({ commit }) => commits.push(commit.sequence),
      onLeft: ({ partition }) => left.push(partition),
      signal: new AbortController().signal,
    })
    const task = partitionTask({ ...facts, archived: undefined, sharedEndOffset: null, lossReason: 'retention' })
    committer.begin({ tasks: [task], catalog: { events: [], preconditions: [] } })
    const topicId = 'f'.repeat(32)
    await other.commit({
      ...EMPTY_DRAFT,
      preconditions: [{ type: 'topic-is', topic: ORDERS, topicId: TOPIC_ID }],
      catalog: [{ type: 'topic-recreated', previousTopicId: TOPIC_ID, topicId, ...topic }],
    })
    await committer.commitPending()
    expect(left).toEqual([1])
    expect(commits).toEqual([])
    await committer.commitCut(null)
    expect(commits).toEqual([])
    expect(store.keys(`${BACKUP_ID}/commits/`)).toHaveLength(2)
  })
})

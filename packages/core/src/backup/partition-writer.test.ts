import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { systemEnvironment } from '../archive/environment.ts'
import { logBatch } from '../batch/testing/log-batch.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { backupSettings } from './backup-options.ts'
import { memoryShares } from './memory-shares.ts'
import { PartitionWriter } from './partition-writer.ts'
import { taskOfNewPartition } from './testing/new-partition-task.ts'

const MIB = 1024 * 1024

const task = taskOfNewPartition()

async function batchOf(baseOffset: bigint, bytes: number) {
  const record = { offsetDelta: 0, timestamp: 1n, key: null, value: Buffer.alloc(bytes), headers: [] }
  return logBatch({ baseOffset, records: [record] })
}

function resolvable() {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve() }
}

/** Rolls after every answer; `flushed` lets go what waits for the bundle. */
function writerFixture() {
  let nowMs = 0
  const finished: bigint[] = []
  const flush = resolvable()
  const environment = { ...systemEnvironment, nowMs: () => nowMs++ }
  const options = { topics: ['orders'], backupId: 'payments', maxSegmentAgeMs: 1, compression: 'none' } as const
  const stores = { source: new MemoryKafkaCluster(), storage: new MemoryBlobStore() }
  const writer = new PartitionWriter({
    task,
    startOffset: 0n,
    upload: {
      settings: backupSettings({ ...options, ...stores, environment }),
      shares: memoryShares(4 * MIB),
      archive: { archiveId: 'b'.repeat(32), segmentKey: () => `segment-${nowMs}`, bundleKey: () => 'bundle' },
      signal: new AbortController().signal,
      decompressionTurn: new ByteBudget(1),
    },
    bundles: { add: async () => undefined, flush: () => flush.promise },
    onSection: ({ nextOffset }) => finished.push(nextOffset),
    onSegment: () => undefined,
    onFinish: () => undefined,
  })
  return { writer, storage: stores.storage, finished, flushed: flush.resolve }
}

describe('a writer that is given up', () => {
  it('waits for what is durable already: whoever goes on after it goes on behind that', async () => {
    const { writer, storage, finished, flushed } = writerFixture()
    const write = async (offset: bigint, bytes: number) => {
      const batches = [await batchOf(offset, bytes)]
      await writer.write({ batches, abortedTransactions: [], nextOffset: offset + 1n })
    }
    await write(0n, 10)
    await write(1n, MIB)
    while (storage.keys().length === 0) await nextTurn()
    let isOver = false
    const over = writer.abort(new Error('the upload of the third one failed')).then(() => {
      isOver = true
    })
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    expect([isOver, finished]).toEqual([false, []])
    flushed()
    await over
    expect(finished).toEqual([2n])
  })
})

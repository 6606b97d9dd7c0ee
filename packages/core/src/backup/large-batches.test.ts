import { randomBytes } from 'node:crypto'
import { setTimeout as sleepMs } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { blobBodyChunks } from '../storage/blob-body.ts'
import type { BlobStore, PutOptions } from '../storage/blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import { archivedRecords } from './testing/archived-records.ts'
import { BACKUP_ID, type BackupFixture, backupFixture } from './testing/backup-fixture.ts'

const MAX_MEMORY_BYTES = 4 * 1024 * 1024
const BATCH_BYTES = 3_000_000
const PARTITIONS = 6
const BATCHES = 2

/** The limit that the topic names may be lower than that of the batches it held before. */
async function largeTopic(codec: 'none' | 'zstd', maxMessageBytes?: number): Promise<BackupFixture> {
  const fixture = await backupFixture()
  const configs = { 'max.message.bytes': '4000000' }
  await fixture.source.simulation.createTopic('large', { partitionCount: PARTITIONS, configs })
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (let count = 0; count < BATCHES; count++) {
      const value = randomBytes(BATCH_BYTES)
      await fixture.source.simulation.append({ topic: 'large', partition }, [{ key: `${count}`, value }], { codec })
    }
  }
  if (maxMessageBytes !== undefined) {
    const configs = { 'max.message.bytes': String(maxMessageBytes) }
    await fixture.source.alterTopicConfigs([{ topic: 'large', configs }])
  }
  return fixture
}

const OPTIONS = { topics: ['large'], maxMemoryBytes: MAX_MEMORY_BYTES, consumerGroups: false } as const

/** Memory outside of the heap that something still holds: batches, blocks, frames. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  // The second one waits for what the first one gives back beside.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

/** A store that is slower than the source, forgets data, and weighs what is held each time it takes some. */
class WeighingStore extends MemoryBlobStore {
  readonly #baseBytes = heldBytes()
  highestBytes = 0
  #pieces = 0

  override async put(key: string, body: Parameters<BlobStore['put']>[1], options?: PutOptions): Promise<void> {
    if (!/topics|bundles/.test(key)) return super.put(key, body, options)
    for await (const _piece of blobBodyChunks(body)) {
      await sleepMs(5)
      if (this.#pieces++ % 7 === 0) this.highestBytes = Math.max(this.highestBytes, heldBytes() - this.#baseBytes)
    }
  }
}

describe('many partitions with batches that are larger than any share of the memory', () => {
  it.each([
    ['none', 'none', undefined],
    ['zstd', 'zstd', 1_000_000],
  ] as const)(
    '(%s in %s sections, limit %s) never hold more than the budget, one batch, and its stored form',
    async (codec, compression, limit) => {
      const fixture = await largeTopic(codec, limit)
      const storage = new WeighingStore()
      const result = await fixture.run({ ...OPTIONS, compression, storage })
      expect(result.records).toBe(PARTITIONS * BATCHES)
      expect(storage.highestBytes).toBeGreaterThan(BATCH_BYTES)
      expect(storage.highestBytes).toBeLessThan(MAX_MEMORY_BYTES + 2 * BATCH_BYTES)
    },
  )

  it('come out whole, and verify', async () => {
    const fixture = await largeTopic('zstd')
    await fixture.run(OPTIONS)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const records = await archivedRecords(fixture.store, BACKUP_ID, { topic: 'large', partition })
      expect(records.map(({ key, value }) => [String(key), value?.length])).toEqual([
        ['0', BATCH_BYTES],
        ['1', BATCH_BYTES],
      ])
    }
    expect(await verifyArchive(fixture.store, BACKUP_ID, { depth: 'records' })).toMatchObject({ ok: true })
  })
})

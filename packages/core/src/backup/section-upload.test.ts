import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { crc32c } from '@node-rs/crc32'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readBlocks, readSectionIndex } from '../archive/section-reader.ts'
import { SharedFrames } from '../archive/shared-frames.ts'
import { batchOf } from '../archive/testing/section-fixture.ts'
import { ATTRIBUTES, CRC } from '../batch/batch-layout.ts'
import { type RecordBatch, viewBatch } from '../batch/record-batch.ts'
import { WHERE } from '../batch/testing/log-batch.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import { blobBodyChunks } from '../storage/blob-body.ts'
import type { BlobStore, PutOptions } from '../storage/blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { backupSettings } from './backup-options.ts'
import { memoryShares } from './memory-shares.ts'
import { SectionUpload, type UploadContext } from './section-upload.ts'
import { taskOfNewPartition } from './testing/new-partition-task.ts'

const shares = memoryShares(64 * 1024 * 1024)
/** Fewer than the sections can use, so that some frames lie in memory of their own. */
const SLABS = 9
const DESK_BYTES = 128 * 1024
const SECTIONS_AT_ONCE = 6
const ROUNDS = 6
const BATCHES = 14

const task = taskOfNewPartition()

type Body = Parameters<BlobStore['put']>[1]

/** Reads each chunk when it has held it for a while: what is overwritten too early comes out wrong. */
class LateStore extends MemoryBlobStore {
  override put(key: string, body: Body, options?: PutOptions): Promise<void> {
    return super.put(key, late(body, options?.signal), options)
  }
}

async function* late(body: Body, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of blobBodyChunks(body, signal)) {
    for (let turn = 0; turn < 10; turn++) await nextTurn()
    yield Buffer.from(chunk)
  }
}

class Stress {
  readonly frames = new SharedFrames({ ...shares.frames, maxBytes: SLABS * shares.frames.frameBytes })
  readonly #storage = new LateStore()
  readonly #random: () => number
  readonly #templates: readonly RecordBatch[]
  #objects = 0
  whole = 0
  aborted = 0

  private constructor(seed: number, templates: readonly RecordBatch[]) {
    this.#random = seededRandom(seed)
    this.#templates = templates
  }

  /** Batches that share their block with many others, that nearly fill one, and that are lent. */
  static async of(seed: number): Promise<Stress> {
    const lengths = [100, 30_000, 140_000, 150_000, 300_000]
    return new Stress(seed, await Promise.all(lengths.map((valueBytes) => batchOf(0n, { records: 3, valueBytes }))))
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: SECTIONS_AT_ONCE }, () => this.#sections()))
  }

  async #sections(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) await this.#section(this.#random() < 0.3)
  }

  async #section(isGivenUp: boolean): Promise<void> {
    const aborter = new AbortController()
    const upload = new SectionUpload(task, 0n, this.#context(aborter.signal))
    const abortsBefore = isGivenUp ? Math.floor(this.#random() * BATCHES) : -1
    const reason = new Error('given up')
    const abort = () => (this.#random() < 0.5 ? aborter.abort(reason) : void upload.abort(reason))
    const expected: Buffer[] = []
    try {
      for (let index = 0; index < BATCHES; index++) {
        if (index === abortsBefore) void turns(Math.floor(this.#random() * 30)).then(abort)
        expected.push(await this.#append(upload, BigInt(3 * index)))
      }
      await this.#assertHolds(upload, Buffer.concat(expected))
      this.whole++
    } catch (error) {
      if (!isGivenUp || (error instanceof Error && error.name === 'AssertionError')) throw error
      await upload.abort(reason)
      this.aborted++
    }
  }

  /** Its memory is used again at once, as that of responses is. */
  async #append(upload: SectionUpload, baseOffset: bigint): Promise<Buffer> {
    const template = this.#templates[Math.floor(this.#random() * this.#templates.length)]
    const bytes = Buffer.from(template?.bytes ?? [])
    bytes.writeBigInt64BE(baseOffset, 0)
    bytes.fill(Math.floor(this.#random() * 256), bytes.length - 60, bytes.length - 20)
    bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES)), CRC)
    const expected = Buffer.from(bytes)
    const batch = viewBatch(bytes, WHERE)
    await (bytes.length > shares.largeBatchBytes ? upload.appendLent(batch) : upload.append(batch))
    bytes.fill(0xee)
    return expected
  }

  async #assertHolds(upload: SectionUpload, expected: Buffer): Promise<void> {
    const finished = await upload.finish(BigInt(3 * BATCHES))
    if (finished.kind === 'small') {
      expect(sha256(finished.section.bytes)).toBe(finished.section.sealed.sha256)
      return
    }
    const { entry } = finished
    expect(sha256(await this.#storage.get(entry.key))).toBe(entry.sha256)
    const { blocks } = await readSectionIndex(this.#storage, entry)
    expect(Buffer.concat(await readBlocks(this.#storage, entry, blocks)).equals(expected)).toBe(true)
  }

  #context(signal: AbortSignal): UploadContext {
    const compression = this.#random() < 0.8 ? 'none' : 'zstd'
    const stores = { source: new MemoryKafkaCluster(), storage: this.#storage }
    return {
      settings: backupSettings({ topics: ['orders'], backupId: 'payments', compression, ...stores }),
      shares,
      archive: {
        archiveId: 'b'.repeat(32),
        segmentKey: () => `segment-${this.#objects++}`,
        bundleKey: () => 'bundle',
      },
      decompressionTurn: new ByteBudget(1),
      frames: this.frames,
      signal,
    }
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn()
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** All the shared memory that is taken from now on: a thread may hold all that it was ever posted. */
function countSharedBytes(): () => number {
  let bytes = 0
  const counting = new Proxy(SharedArrayBuffer, {
    construct: (target, [length]: [number]) => {
      bytes += length
      return new target(length)
    },
  })
  vi.stubGlobal('SharedArrayBuffer', counting)
  return () => bytes
}

describe('sections that are uploaded side by side, some of which are given up', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it.each([1, 2])(
    'come out whole from memory that is used again (seed %i)',
    async (seed) => {
      const sharedBytes = countSharedBytes()
      const stress = await Stress.of(seed)
      await stress.run()
      expect(stress.whole).toBeGreaterThan(15)
      expect(stress.aborted).toBeGreaterThan(2)
      expect(sharedBytes()).toBe(SLABS * shares.frames.frameBytes + DESK_BYTES)
      const lent = Array.from({ length: SLABS }, () => stress.frames.lend(shares.frames.frameBytes).buffer)
      expect(new Set(lent).size).toBe(SLABS)
      expect(lent.every((memory) => memory instanceof SharedArrayBuffer)).toBe(true)
      await stress.frames.close()
    },
    120_000,
  )
})

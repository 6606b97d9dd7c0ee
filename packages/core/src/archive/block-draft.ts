import { crc32c } from '@node-rs/crc32'
import { ATTRIBUTES } from '../batch/batch-layout.ts'
import { joinCrc32c } from '../batch/crc32c-join.ts'
import { type RecordBatch, viewBatch } from '../batch/record-batch.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { BatchStatistics } from './batch-statistics.ts'
import type { BlockMemory } from './block-memory.ts'
import type { BlockEntry } from './section.ts'
import type { ContentPart } from './stored-frame.ts'

const NOTHING = Buffer.alloc(0)

/** A block that batches are added to, and what its entry in the index will say of them. */
export class BlockDraft {
  readonly #memory: BlockMemory
  #bytes: Buffer | undefined
  #isLent = false
  #length = 0
  #compressedLength = 0
  readonly #parts: ContentPart[] = []
  #firstOffset = 0n
  #lastOffset = 0n
  #records = 0
  #absent = 0
  #maxTimestamp: bigint | null = null
  #minTimestamp: bigint | null = null
  #isMinKnown = true
  readonly #pending: Promise<void>[] = []

  constructor(memory: BlockMemory) {
    this.#memory = memory
  }

  get length(): number {
    return this.#length
  }

  /** Bytes of memory that it takes. */
  get capacity(): number {
    return this.#bytes?.length ?? 0
  }

  /** Whether compressing it again would be for nothing. */
  get isCompressed(): boolean {
    return this.#compressedLength * 2 >= this.#length
  }

  /** Its batches, one behind the other. */
  get parts(): readonly ContentPart[] {
    return this.#parts
  }

  /** Copies the bytes of a batch; returns the batch as it lies in the copy. */
  append(batch: RecordBatch, where: TopicPartition): RecordBatch {
    const start = this.#length
    const bytes = this.#reserve(batch.bytes.length)
    batch.bytes.copy(bytes, start)
    this.#length += batch.bytes.length
    if (batch.codec !== 'none') this.#compressedLength += batch.bytes.length
    if (start === 0) this.#firstOffset = batch.baseOffset
    this.#lastOffset = batch.lastOffset
    this.#parts.push(partOf(batch))
    return viewBatch(bytes.subarray(start, this.#length), where)
  }

  /** Takes one batch as it lies, without a copy; nothing can be added to it. */
  lend(batch: RecordBatch): void {
    this.#bytes = batch.bytes
    this.#isLent = true
    this.#length = batch.bytes.length
    if (batch.codec !== 'none') this.#compressedLength = batch.bytes.length
    this.#firstOffset = batch.baseOffset
    this.#lastOffset = batch.lastOffset
    this.#parts.push(partOf(batch))
  }

  /** Counts a batch of it in; a promise is waited for by {@link entry}. */
  count(statistics: BatchStatistics | Promise<BatchStatistics>): void {
    if (statistics instanceof Promise) this.#pending.push(this.#countLater(statistics))
    else this.#count(statistics)
  }

  /** Gives the bytes away, and the memory of its own that they lie in; nothing can be added afterwards. */
  release(): { readonly log: Buffer; readonly memory: Buffer } {
    const bytes = this.#bytes ?? NOTHING
    this.#bytes = undefined
    return { log: bytes.subarray(0, this.#length), memory: this.#isLent ? NOTHING : bytes }
  }

  /** Its entry in the index, once all of its batches are counted. */
  async entry(stored: Pick<BlockEntry, 'position' | 'storedLength' | 'crc32c'>): Promise<BlockEntry> {
    await Promise.all(this.#pending)
    return {
      ...stored,
      length: this.#length,
      firstOffset: this.#firstOffset,
      lastOffset: this.#lastOffset,
      records: this.#records,
      absent: this.#absent,
      maxTimestamp: this.#maxTimestamp,
      minTimestamp: this.#isMinKnown ? this.#minTimestamp : null,
    }
  }

  #reserve(length: number): Buffer {
    const needed = this.#length + length
    const bytes = this.#bytes ?? this.#memory.take(needed)
    this.#bytes = bytes.length >= needed ? bytes : this.#grown(bytes, needed)
    return this.#bytes
  }

  #grown(bytes: Buffer, needed: number): Buffer {
    const larger = this.#memory.grow(needed, { from: bytes.length })
    bytes.copy(larger, 0, 0, this.#length)
    return larger
  }

  #countLater(statistics: Promise<BatchStatistics>): Promise<void> {
    const counted = statistics.then((settled) => this.#count(settled))
    // Whoever asks for the entry hears of a failure, but perhaps nobody ever asks.
    counted.catch(() => undefined)
    return counted
  }

  #count({ records, absent, maxTimestamp, minTimestamp }: BatchStatistics): void {
    this.#records += records
    this.#absent += absent
    if (records === 0) return
    this.#isMinKnown &&= minTimestamp !== null
    this.#maxTimestamp = greater(this.#maxTimestamp, maxTimestamp)
    this.#minTimestamp = lesser(this.#minTimestamp, minTimestamp)
  }
}

/** The checksum of a batch covers all of it but its first bytes. */
function partOf({ bytes, crc }: RecordBatch): ContentPart {
  const checked = { crc32c: crc, length: bytes.length - ATTRIBUTES }
  return { length: bytes.length, crc32c: joinCrc32c(crc32c(bytes.subarray(0, ATTRIBUTES)), checked) }
}

function greater(left: bigint | null, right: bigint | null): bigint | null {
  return left === null || (right !== null && right > left) ? right : left
}

function lesser(left: bigint | null, right: bigint | null): bigint | null {
  return left === null || (right !== null && right < left) ? right : left
}

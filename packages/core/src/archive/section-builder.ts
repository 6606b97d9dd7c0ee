import type { RecordBatch } from '../batch/record-batch.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { ByteBudget } from '../memory/byte-budget.ts'
import { type BatchStatistics, batchStatistics } from './batch-statistics.ts'
import { compressBlock, storeBlock } from './block-codec.ts'
import { BlockDraft } from './block-draft.ts'
import { BlockMemory } from './block-memory.ts'
import type { EpochStart, PartitionLineage, SectionCodec } from './commit.ts'
import type { FrameLoan } from './frame-loan.ts'
import { OffsetAccount } from './offset-account.ts'
import type { Omission, SealedSection, SectionHeader } from './section.ts'
import { writeSectionHeader } from './section-header.ts'
import { SectionOutput } from './section-output.ts'
import { totalsOf } from './section-totals.ts'
import { writeSkippableFrame } from './skippable-frame.ts'
import type { CheckedFrame } from './stored-frame.ts'

const DEFAULT_BLOCK_BYTES = 1024 * 1024
const DEFAULT_MAX_PENDING_BLOCKS = 4
/** Blocks that are stored as they are, a little longer than their content, are one piece. */
const PIECE_SLACK_BYTES = 64 * 1024
/** Batches that are decompressed for their times at once. */
const MAX_PENDING_STATISTICS = 8

export interface SectionBuilderOptions {
  readonly archiveId: string
  readonly lineage: PartitionLineage
  /** The first offset that the section accounts for; may lie inside its first batch. */
  readonly startOffset: bigint
  readonly codec: SectionCodec
  /** Refused with `KB_CODEC_LEVEL` where the codec at hand cannot honour it; see {@link assertSectionLevel}. */
  readonly level?: number | undefined
  /** How much is compressed at a time, before compression; 1 MiB by default. */
  readonly blockBytes?: number | undefined
  /** `lazy` leaves the least timestamp of compressed batches unknown; `exact` by default. */
  readonly indexTimestamps?: 'exact' | 'lazy' | undefined
  /** Where large batches wait for their turn to be decompressed for their times: a budget of one. None by default. */
  readonly decompressionTurn?: Pick<ByteBudget, 'acquire'> | undefined
  /** How many blocks may wait for compression or for the reader of `bytes` before `append` waits; 4 by default. */
  readonly maxPendingBlocks?: number | undefined
  /** Lends the memory of stored frames, given back by the reader of `bytes`; without it memory is taken anew. */
  readonly frames?: FrameLoan | undefined
}

interface LastBatch {
  readonly batch: RecordBatch
  readonly block: BlockDraft
  readonly statistics: BatchStatistics | Promise<BatchStatistics>
}

/**
 * Makes one section from record batches, as a stream of bytes.
 *
 * Batches are appended in the order of their offsets while `bytes` is read by somebody (`store.put`); blocks are compressed
 * side by side and come out in order. Memory is bounded by `maxPendingBlocks` and `blockBytes`, not by the section's length.
 * After {@link seal} the section is complete; after {@link abort}, and after any failure, all calls and the reader of
 * `bytes` reject with the reason.
 */
export class SectionBuilder {
  readonly #options: SectionBuilderOptions
  readonly #header: SectionHeader
  readonly #account: OffsetAccount
  readonly #output: SectionOutput
  readonly #epochs: EpochStart[] = []
  readonly #statistics: Promise<unknown>[] = []
  readonly #memory: BlockMemory
  #block: BlockDraft
  #last: LastBatch | undefined
  #logBytes = 0
  #lentTo = 0n
  #largestBatchBytes = 0

  constructor(options: SectionBuilderOptions) {
    const { archiveId, lineage, startOffset, codec } = options
    const { topic, partition, topicId, lineage: number } = lineage
    this.#options = options
    this.#header = { archiveId, topic, partition, topicId, lineage: number, codec, startOffset }
    this.#account = new OffsetAccount({ topic, partition }, startOffset)
    this.#output = new SectionOutput({
      maxPendingBlocks: options.maxPendingBlocks ?? DEFAULT_MAX_PENDING_BLOCKS,
      maxPieceBytes: 2 * this.#blockBytes + PIECE_SLACK_BYTES,
      frames: options.frames,
    })
    this.#memory = new BlockMemory(this.#blockBytes)
    this.#block = new BlockDraft(this.#memory)
    this.#output.write(writeSkippableFrame(writeSectionHeader(this.#header)))
  }

  /** The section, to be read once while batches are appended. */
  get bytes(): AsyncIterable<Uint8Array> {
    return this.#output.chunks
  }

  /** Bytes of the log segment so far. */
  get logBytes(): number {
    return this.#logBytes
  }

  /** Bytes produced so far; what is being compressed, and the index, are not among them. */
  get storedBytes(): number {
    return this.#output.length
  }

  /** Bytes held in memory now: for the budget of the caller. */
  get bufferedBytes(): number {
    return this.#block.capacity + this.#memory.freeBytes + this.#output.bufferedBytes
  }

  /** Everything from the start to here is in a batch or left out. */
  get accountedTo(): bigint {
    return this.#account.accountedTo
  }

  /**
   * Takes in a copy of the next batch, whose checksum must have been found right: that of its block is made of it. Waits
   * while too many blocks are under way. One call at a time.
   */
  async append(batch: RecordBatch): Promise<void> {
    if (this.#block.length > 0 && this.#block.length + batch.bytes.length > this.#blockBytes) await this.#output.room()
    this.#output.assertOpen()
    try {
      this.#take(batch)
    } catch (error) {
      this.#output.fail(error)
      throw error
    }
    if (this.#statistics.length >= MAX_PENDING_STATISTICS) await this.#statistics.shift()
  }

  /**
   * Takes in a batch as {@link append} does, but as a block of its own and without a copy: its bytes are lent until the call
   * resolves, which is when the reader of `bytes` has taken them all. For large ones. The section must not end inside it.
   */
  async appendLent(batch: RecordBatch): Promise<void> {
    await this.#output.drained()
    try {
      await this.#takeLent(batch)
    } catch (error) {
      this.#output.fail(error)
      throw error
    }
    await this.#output.drained()
  }

  /** Says why offsets behind the last batch are not in the section. */
  leaveOut(omission: Omission): void {
    this.#output.assertOpen()
    this.#account.omit(omission)
  }

  /**
   * Ends the section at an offset, which may lie inside the last batch; what was not spoken of is `compacted`.
   *
   * Resolves when all bytes were produced, whether or not they were read: what the commit says of them, less the key.
   */
  async seal(nextOffset: bigint): Promise<SealedSection> {
    this.#output.assertOpen()
    this.#assertEnd(nextOffset)
    this.#clipLast(nextOffset)
    this.#countLast()
    this.#flush()
    this.#memory.close()
    const omissions = this.#account.close(nextOffset)
    const { blocks, ...vouched } = await this.#output.end({ header: this.#header, nextOffset, omissions })
    const { archiveId: _archiveId, ...identity } = this.#header
    return {
      ...identity,
      ...vouched,
      ...totalsOf(blocks),
      nextOffset,
      largestBatchBytes: this.#largestBatchBytes,
      leaderEpochs: this.#epochs.filter(({ startOffset }) => startOffset < nextOffset),
    }
  }

  /** Gives the section up: its reader, and whoever waits for it, get the reason. */
  abort(reason: unknown): void {
    this.#output.fail(reason)
  }

  get #where(): TopicPartition {
    return { topic: this.#header.topic, partition: this.#header.partition }
  }

  get #blockBytes(): number {
    return this.#options.blockBytes ?? DEFAULT_BLOCK_BYTES
  }

  #take(batch: RecordBatch): void {
    this.#begin(batch)
    if (this.#block.length + batch.bytes.length > this.#blockBytes) this.#flush()
    this.#countLast()
    const copy = this.#block.append(batch, this.#where)
    this.#last = { batch: copy, block: this.#block, statistics: this.#statisticsOf(copy, null) }
  }

  async #takeLent(batch: RecordBatch): Promise<void> {
    this.#begin(batch)
    this.#countLast()
    this.#flush()
    await this.#output.drained()
    const block = new BlockDraft(this.#memory)
    block.lend(batch)
    block.count(await this.#statisticsInTurn(batch))
    this.#lentTo = batch.nextOffset
    this.#send(block)
  }

  /** Decompressed, it may be many times as large: one at a time. */
  async #statisticsInTurn(batch: RecordBatch): Promise<BatchStatistics> {
    const turn = batch.codec === 'none' ? undefined : await this.#options.decompressionTurn?.acquire(1)
    try {
      return await this.#statisticsOf(batch, null)
    } finally {
      turn?.release()
    }
  }

  /** Accounts for a batch before it is taken in. */
  #begin(batch: RecordBatch): void {
    const accountedTo = this.#account.accountedTo
    this.#account.span(batch.baseOffset, { nextOffset: batch.nextOffset, isFirst: this.#logBytes === 0 })
    this.#noteEpoch(batch, accountedTo)
    this.#logBytes += batch.bytes.length
    this.#largestBatchBytes = Math.max(this.#largestBatchBytes, batch.bytes.length)
  }

  #statisticsOf(batch: RecordBatch, nextOffset: bigint | null): BatchStatistics | Promise<BatchStatistics> {
    const { indexTimestamps = 'exact', startOffset } = this.#options
    const statistics = batchStatistics(batch, { where: this.#where, startOffset, nextOffset, indexTimestamps })
    if (statistics instanceof Promise) this.#statistics.push(statistics.catch((error) => this.#output.fail(error)))
    return statistics
  }

  /** The last batch is counted when it is known that it is not the one that the end of the section lies in. */
  #countLast(): void {
    this.#last?.block.count(this.#last.statistics)
    this.#last = undefined
  }

  #clipLast(nextOffset: bigint): void {
    if (this.#last === undefined || this.#last.batch.nextOffset <= nextOffset) return
    this.#last = { ...this.#last, statistics: this.#statisticsOf(this.#last.batch, nextOffset) }
  }

  #assertEnd(nextOffset: bigint): void {
    const beginsBehind = this.#last !== undefined && this.#last.batch.baseOffset >= nextOffset
    if (nextOffset > this.#header.startOffset && nextOffset >= this.#lentTo && !beginsBehind) return
    throw new KbackupError('KB_INTERNAL', {
      message: `a section of ${partitionName(this.#header)} from offset ${this.#header.startOffset} cannot end at ${nextOffset}`,
    })
  }

  #flush(): void {
    if (this.#block.length > 0) this.#send(this.#block)
  }

  #send(block: BlockDraft): void {
    if (block === this.#block) this.#block = new BlockDraft(this.#memory)
    const { log, memory } = block.release()
    const frame = this.#frameOf(block, log)
    this.#output.writeBlock({ block, bufferedBytes: log.length, frame })
    // Its batches may still be decompressed for their times.
    const unread = Promise.all([frame, ...this.#statistics])
    unread.then(
      () => this.#memory.giveBack(memory),
      () => undefined,
    )
  }

  async #frameOf(block: BlockDraft, log: Buffer): Promise<CheckedFrame> {
    const { codec, level, frames } = this.#options
    if (!block.isCompressed && codec !== 'none') return compressBlock(log, { codec, level })
    return storeBlock(log, codec, { parts: block.parts, allocate: frames && ((length) => frames.lend(length)) })
  }

  #noteEpoch({ partitionLeaderEpoch: leaderEpoch, baseOffset }: RecordBatch, accountedTo: bigint): void {
    const last = this.#epochs.at(-1)?.leaderEpoch
    if (leaderEpoch < 0 || leaderEpoch === last) return
    this.#epochs.push({ leaderEpoch, startOffset: baseOffset < accountedTo ? accountedTo : baseOffset })
  }
}

import type { RecordBatch } from '../batch/record-batch.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { PartitionLineage, SectionCodec } from './commit.ts'
import type { Omission, SealedSection } from './section.ts'

export interface SectionBuilderOptions {
  readonly archiveId: string
  readonly lineage: PartitionLineage
  /** The first offset that the section accounts for; may lie inside its first batch. */
  readonly startOffset: bigint
  readonly codec: SectionCodec
  /** Refused with `KB_CODEC_LEVEL` where the codec at hand cannot honour it. */
  readonly level?: number | undefined
  /** How much is compressed at a time, before compression; 1 MiB by default. */
  readonly blockBytes?: number | undefined
  /** `lazy` leaves the least timestamp of compressed batches unknown; `exact` by default. */
  readonly indexTimestamps?: 'exact' | 'lazy' | undefined
  /** How many blocks may wait for compression or for the reader of `bytes` before `append` waits; 4 by default. */
  readonly maxPendingBlocks?: number | undefined
}

/** Makes one section from record batches, as a stream of bytes. */
export class SectionBuilder {
  constructor(options: SectionBuilderOptions) {
    void options
  }
  append(batch: RecordBatch): Promise<void> {
    throw new KbackupError('KB_INTERNAL', { message: `not built yet ${batch.baseOffset}` })
  }
  leaveOut(omission: Omission): void {
    throw new KbackupError('KB_INTERNAL', { message: `not built yet ${omission.reason}` })
  }
  /** Bytes of the log segment so far. */
  get logBytes(): number {
    return 0
  }
  /** Bytes produced so far, the index not among them. */
  get storedBytes(): number {
    return 0
  }
  /** Bytes held in memory now: for the budget of the caller. */
  get bufferedBytes(): number {
    return 0
  }
  get bytes(): AsyncIterable<Uint8Array> {
    throw new KbackupError('KB_INTERNAL', { message: 'not built yet' })
  }
  seal(nextOffset: bigint): Promise<SealedSection> {
    throw new KbackupError('KB_INTERNAL', { message: `not built yet ${nextOffset}` })
  }
  abort(reason: unknown): void {
    void reason
  }
}

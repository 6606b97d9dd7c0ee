import type { PartitionLineage, SectionCodec, SectionEntry } from './commit.ts'

/** What the header frame of a section says, before any of its data is known. */
export interface SectionHeader extends PartitionLineage {
  /** 32 lower-case hexadecimal digits. */
  readonly archiveId: string
  readonly codec: SectionCodec
  readonly startOffset: bigint
}

/** One block of a section, as its index describes it: whole record batches, compressed as one frame. */
export interface BlockEntry {
  /** Counts from the start of the section, not of the object. */
  readonly position: number
  readonly storedLength: number
  /** Before compression. */
  readonly length: number
  /** CRC-32C of the stored bytes. */
  readonly crc32c: number
  /** Base offset of the first batch; may lie below the section's start. */
  readonly firstOffset: bigint
  /** Last offset of the last batch, counted by its header; may lie beyond the section's end. */
  readonly lastOffset: bigint
  /** Records inside the section's bounds. */
  readonly records: number
  /** Offsets inside the section's bounds and inside a batch that hold no record: compacted away. */
  readonly absent: number
  /** Of the records inside the section's bounds; `null` where there is none. */
  readonly maxTimestamp: bigint | null
  /** As `maxTimestamp`; also `null` where it was not looked for (`index_timestamps: lazy`). */
  readonly minTimestamp: bigint | null
}

/** Why a section does not hold offsets that lie between its batches. */
export type OmissionReason = 'compacted' | 'marker' | 'aborted'

/** Offsets `[startOffset, nextOffset)` between the batches of a section that hold no data, and why. */
export interface Omission {
  readonly startOffset: bigint
  readonly nextOffset: bigint
  /** `compacted`: not in the log any more when it was read. */
  readonly reason: OmissionReason
}

/** What is needed to read parts of a section without its whole. Blocks and omissions are in the order of offsets. */
export interface SectionIndex {
  readonly header: SectionHeader
  readonly nextOffset: bigint
  readonly blocks: readonly BlockEntry[]
  readonly omissions: readonly Omission[]
}

/** What is known of a section once its last byte was produced; with a key it is a {@link SectionEntry}. Positions count from the section. */
export type SealedSection = Omit<SectionEntry, 'key'>

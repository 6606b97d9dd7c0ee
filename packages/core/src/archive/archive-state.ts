import type { CatalogTopic, CommitReference, Gap, PartitionCut, PartitionLineage, SectionEntry } from './commit.ts'

/** One life of a partition, folded from the commits. */
export interface LineageState extends PartitionLineage {
  readonly startOffset: bigint
  /** Everything in `[startOffset, nextOffset)` is in a section or in a gap. */
  readonly nextOffset: bigint
  readonly reason: 'first' | 'topic-recreated' | 'truncated'
  /** Ordered by start offset, without overlap. */
  readonly sections: readonly SectionEntry[]
  readonly gaps: readonly Gap[]
  readonly lastCut: PartitionCut | null
}

export interface PartitionState {
  readonly partition: number
  /** Oldest first; the last one is the current one. */
  readonly lineages: readonly LineageState[]
}

export interface TopicState extends CatalogTopic {
  /** Whether the source was seen without the topic since. */
  readonly deleted: boolean
  readonly partitions: readonly PartitionState[]
}

/** Which commit holds a capture of group positions, without the positions themselves. */
export interface CaptureReference {
  readonly sequence: number
  readonly startedAtMs: bigint
  readonly observedAtMs: bigint
  readonly groupIds: readonly string[]
  /** Groups that are not among these because they could not be read. */
  readonly unread: readonly string[]
}

/** An archive at one commit: the fold of all commits up to it. Immutable. */
export interface ArchiveState {
  readonly archiveId: string
  /** `null` before the first commit. */
  readonly head: CommitReference | null
  readonly topics: ReadonlyMap<string, TopicState>
  /** Oldest first. */
  readonly captures: readonly CaptureReference[]
  /** Keys that were dropped; their objects may be gone. */
  readonly dropped: ReadonlySet<string>
  /** Whether any of the commits was made on a store that was known to ignore conditions. */
  readonly unsafeSingleWriter: boolean
}

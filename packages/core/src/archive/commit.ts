import type { GroupOffset } from '../kafka/kafka-groups.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'

/** How the blocks of a section are compressed. */
export type SectionCodec = 'zstd' | 'lz4' | 'none'

/** One life of a partition in an archive: a topic id, and a number that grows when its log was truncated or recreated. */
export interface PartitionLineage extends TopicPartition {
  /** 32 lower-case hexadecimal digits. */
  readonly topicId: string
  /** 0 for the first life of the partition in this archive, then 1, 2, … */
  readonly lineage: number
}

/** Where an epoch of leadership began, inside one section. */
export interface EpochStart {
  readonly leaderEpoch: number
  readonly startOffset: bigint
}

/** Bytes of an object that a digest vouches for. */
export interface VouchedBytes {
  readonly position: number
  readonly length: number
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string
}

/** What a commit says of one section: the offsets `[startOffset, nextOffset)` of one partition. */
export interface SectionEntry extends PartitionLineage, VouchedBytes {
  readonly key: string
  readonly codec: SectionCodec
  /** The trailing index frame; its position counts from the start of the object. */
  readonly index: VouchedBytes
  readonly startOffset: bigint
  readonly nextOffset: bigint
  /** Records inside the bounds: no markers, no aborted ones. */
  readonly records: number
  /** The length of the log segment inside, before compression. */
  readonly logBytes: number
  /** The length of the largest batch inside: what the `max.message.bytes` of a target is held to. */
  readonly largestBatchBytes: number
  /** Of the records inside the bounds; `null` where there is none, or, for the minimum, where it is not known. */
  readonly minTimestamp: bigint | null
  readonly maxTimestamp: bigint | null
  readonly leaderEpochs: readonly EpochStart[]
}

/** Offsets `[startOffset, nextOffset)` that the source no longer had when they were asked for. */
export interface Gap extends PartitionLineage {
  readonly startOffset: bigint
  readonly nextOffset: bigint
  readonly reason: 'retention' | 'deleted-records' | 'truncated' | 'topic-recreated'
}

/** What the source said of one partition at a cut, and how far the archive then reached. */
export interface PartitionCut extends PartitionLineage {
  /** Everything below is accounted for. */
  readonly nextOffset: bigint
  readonly logStartOffset: bigint
  readonly lastStableOffset: bigint
  readonly highWatermark: bigint
  /**
   * Of the leader that said so: everything below `nextOffset` was written in this epoch or an earlier one. −1 where
   * unknown.
   */
  readonly leaderEpoch: number
  readonly observedAtMs: bigint
}

/** The positions of one group, as its coordinator gave them. */
export interface CapturedGroup {
  readonly groupId: string
  readonly type: string
  readonly protocolType: string
  readonly state: string
  readonly offsets: readonly GroupOffset[]
}

/** How far one partition of `__consumer_offsets` had come before the positions were asked for. */
export interface OffsetsTopicEnd {
  readonly partition: number
  readonly highWatermark: bigint
}

/** All captured groups, taken together; each position was current at some moment between the two times. */
export interface GroupCapture {
  readonly startedAtMs: bigint
  readonly observedAtMs: bigint
  /**
   * Seen before `startedAtMs`; empty where the topic may not be described. The cuts of the same commit came after the
   * capture.
   */
  readonly offsetsTopicEnds: readonly OffsetsTopicEnd[]
  readonly groups: readonly CapturedGroup[]
  /** Ids of groups whose coordinators did not tell their positions: nothing shows that they are gone. */
  readonly unread: readonly string[]
}

/** A topic as the catalog knows it. */
export interface CatalogTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitionCount: number
  readonly replicationFactor: number
  /** The overrides only. */
  readonly configs: Readonly<Record<string, string>>
}

export type CatalogEvent =
  | ({ readonly type: 'topic-created' } & CatalogTopic)
  | ({ readonly type: 'topic-recreated'; readonly previousTopicId: string } & CatalogTopic)
  | { readonly type: 'topic-deleted'; readonly topic: string; readonly topicId: string }
  | {
      readonly type: 'partitions-added'
      readonly topic: string
      readonly topicId: string
      readonly partitionCount: number
    }
  | {
      readonly type: 'configs-changed'
      readonly topic: string
      readonly topicId: string
      readonly configs: Readonly<Record<string, string>>
    }
  | ({
      readonly type: 'lineage-started'
      /** Offsets below are shared with the lineage before it; equal to its first own offset. */
      readonly startOffset: bigint
      readonly reason: 'first' | 'topic-recreated' | 'truncated'
    } & PartitionLineage)

/** Something that must be true of the archive at the number at which a commit is created. */
export type Precondition =
  /**
   * The newest lineage of the partition is this one, and it reaches to exactly this offset; lineage −1: the partition
   * is unknown.
   */
  | ({ readonly type: 'partition-at'; readonly nextOffset: bigint } & PartitionLineage)
  /** The object is named by the archive and was not dropped. */
  | { readonly type: 'object-live'; readonly key: string }
  /** The catalog's topic has this id; `null`: there is no such topic. */
  | { readonly type: 'topic-is'; readonly topic: string; readonly topicId: string | null }

/** What a writer wants to become true, all of it or nothing. */
export interface CommitDraft {
  readonly preconditions: readonly Precondition[]
  readonly catalog: readonly CatalogEvent[]
  readonly sections: readonly SectionEntry[]
  readonly gaps: readonly Gap[]
  readonly cuts: readonly PartitionCut[]
  readonly capture: GroupCapture | null
  /**
   * Keys of objects that are no longer part of the archive and may be deleted once no pin needs them: either live, and
   * named by an `object-live` precondition, or named by no commit.
   */
  readonly drops: readonly string[]
}

/** A commit as it stands on the store. */
export interface Commit extends CommitDraft {
  readonly format: 1
  readonly archiveId: string
  /** 1, 2, 3, … without holes. */
  readonly sequence: number
  readonly writerId: string
  readonly nonce: string
  /** SHA-256 of the whole object of the commit before it; `null` for the first. */
  readonly previousSha256: string | null
  /** The writer's clock, for people only. */
  readonly committedAtMs: bigint
  /**
   * Whether its writer knew that the store ignores conditions, and was told to go on: then nothing kept other writers from
   * overwriting commits.
   */
  readonly unsafeSingleWriter: boolean
}

/** Names one commit of one archive for good. */
export interface CommitReference {
  readonly sequence: number
  /** Of the whole object. */
  readonly sha256: string
}

import type { CommitReference } from '../archive/commit.ts'
import type { GroupOffset } from '../kafka/kafka-groups.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { PartitionSelection } from './partition-selection.ts'
import type { RecordFilter, StreamAnchor } from './restore-stream.ts'

/** What identifies a restore; one that is run again must give the same. */
export interface RestoreIdentity {
  readonly backupId: string
  readonly archiveId: string
  readonly targetClusterId: string
  /** SHA-256 over selection, mapping, window and options that decide which records are produced where. */
  readonly requestDigest: string
  readonly commit: CommitReference
}

/** What is done to a target topic before the first record. */
export interface TopicPreparation {
  readonly topic: string
  /** The id of the topic that stands there, and stays; `null` where it is created or made anew. */
  readonly topicId: string | null
  readonly action: 'create' | 'recreate' | 'purge' | 'use'
  readonly partitionCount: number
  readonly replicationFactor: number
  /** The configuration of a topic that is created. */
  readonly configs: Readonly<Record<string, string>>
  /** Settings that are changed while the restore runs, or until it is released; `null` is the absence of an override. */
  readonly holds: readonly SettingHold[]
}

export interface SettingHold {
  readonly setting: string
  readonly heldValue: string
  readonly previousValue: string | null
  /** When the old value comes back: with the end of the run, or with `release`. */
  readonly until: 'end' | 'release'
}

/** A stream as the journal fixes it: what is read, where it goes, and under which producer id. */
export interface JournaledStream {
  readonly source: TopicPartition & { readonly topicId: string; readonly lineage: number }
  readonly target: TopicPartition
  readonly filter: RecordFilter
  /** Source offsets `[startOffset, nextOffset)` that were asked for; `null` is an open end. */
  readonly offsets: Pick<PartitionSelection, 'startOffset' | 'nextOffset'>
}

/** What a restore was told beside its streams: with it, what it has produced can be told from its journal alone. */
export interface JournaledRules {
  /** In base64; `null` where all keys are restored. */
  readonly keys: readonly string[] | null
  readonly repartition: { readonly partitionCount: number; readonly version: string } | null
  readonly transformVersion: string | null
  readonly originalHeaders: boolean
  /** What was accepted: that the target removes records, and that it gives them times of its own. */
  readonly mayRemove: boolean
  readonly mayOverwriteTimes: boolean
}

/** Records that are known to stand in the target: `count` source offsets from `sourceFirst` on, at `targetFirst` and on. */
export interface RestoredRun {
  readonly sourceFirst: bigint
  readonly count: number
  readonly targetFirst: bigint
}

export interface StreamCheckpoint {
  /** The place of the stream in the `begin` entry. */
  readonly stream: number
  /** Records before this ordinal were acknowledged. */
  readonly ackedOrdinals: number
  /** The acknowledged records lie below it in the source. */
  readonly nextSourceOffset: bigint
  /** How many of the records that a transform made of the record there were acknowledged. */
  readonly nextPart: number
  /** … and below it in the target, as far as this process knows. */
  readonly nextTargetOffset: bigint
  readonly done: boolean
  /** Whether what earlier checkpoints say of this stream no longer holds: the target had lost records. */
  readonly startsOver: boolean
  /** What was restored since the checkpoint before, or since the stream started over. */
  readonly runs: readonly RestoredRun[]
}

/** What stood in a group before it was changed; a position of −1 is absence. */
export interface GroupBefore {
  readonly groupId: string
  readonly offsets: readonly GroupOffset[]
}

/** The entries of a restore's journal, in the order in which they can come. */
export type JournalEntry =
  | {
      readonly type: 'begin'
      readonly restoreId: string
      readonly identity: RestoreIdentity
      /** The brokers of the target, as `host:port`, as they advertised themselves. */
      readonly targetBrokers: readonly string[]
      readonly startedAtMs: bigint
      readonly topics: readonly TopicPreparation[]
      readonly streams: readonly JournaledStream[]
      readonly rules: JournaledRules
    }
  | { readonly type: 'resume'; readonly processNonce: string; readonly resumedAtMs: bigint }
  /** Target topics stand as they are to be; nothing was produced before this entry. */
  | { readonly type: 'prepared'; readonly anchors: readonly StreamAnchor[] }
  | { readonly type: 'checkpoint'; readonly streams: readonly StreamCheckpoint[] }
  | { readonly type: 'group-before'; readonly groups: readonly GroupBefore[] }
  /** Groups that were set, or rolled back, or left: what stood there before is no longer needed. */
  | { readonly type: 'groups-settled'; readonly groupIds: readonly string[] }
  | { readonly type: 'settings-restored'; readonly topics: readonly string[] }
  /** Somebody has put back what the restore changed, before it came to its end; who goes on changes it again. */
  | { readonly type: 'undone'; readonly topics: readonly string[] }
  | { readonly type: 'end'; readonly receiptSha256: string }
  /** Behind the end: settings that were held beyond it were put back. */
  | { readonly type: 'released'; readonly topics: readonly string[] }

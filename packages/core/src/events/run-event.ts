import type { CommitReference, Gap, PartitionLineage, SectionEntry } from '../archive/commit.ts'
import type { ErrorDetail } from '../errors/kbackup-error.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { GroupRestoreOutcome } from '../restore/group-restore.ts'
import type { Remedy } from '../restore/hazards/remedy.ts'
import type { RunProgress } from './run-progress.ts'
import type { RunWarning } from './run-warning.ts'

/** Which kind of run an event belongs to. */
export type RunKind = 'backup' | 'restore'

/** How a run ended: with everything it was to do, with an error, or by its signal. */
export type RunOutcome = 'completed' | 'failed' | 'aborted'

/** A danger that a plan found, with what settles it; a blocker stops the run before anything is written. */
export interface HazardEvent {
  readonly type: 'hazard'
  readonly code: string
  readonly blocks: boolean
  readonly message: string
  readonly hint?: string | undefined
  /** The same for programs, each by itself. */
  readonly remedies: readonly Remedy[]
  readonly details?: Readonly<Record<string, ErrorDetail>> | undefined
}

/** What every run says. */
export type CommonRunEvent =
  | {
      readonly type: 'run-start'
      readonly run: RunKind
      readonly backupId: string
      readonly topicCount: number
      readonly partitionCount: number
    }
  | { readonly type: 'topic-start'; readonly topic: string; readonly partitionCount: number }
  | { readonly type: 'topic-end'; readonly topic: string; readonly records: number; readonly bytes: number }
  | ({ readonly type: 'progress' } & RunProgress)
  | {
      readonly type: 'retry'
      /** What is tried again, in words: `fetch from broker 2`. */
      readonly operation: string
      readonly attempt: number
      readonly delayMs: number
      readonly code: string
      readonly message: string
    }
  | ({ readonly type: 'warning' } & RunWarning)
  | {
      readonly type: 'run-end'
      readonly run: RunKind
      readonly outcome: RunOutcome
      readonly durationMs: number
      /** Of the error that ended it, where it is a `KbackupError`. */
      readonly code?: string | undefined
    }
  /** Events that this reader was too slow for and did not get; `onEvent` gets all. */
  | { readonly type: 'events-dropped'; readonly count: number }

/** What a backup says beside. */
export type BackupRunEvent =
  | ({ readonly type: 'partition-start'; readonly fromOffset: bigint; readonly stopOffset: bigint } & PartitionLineage)
  | ({ readonly type: 'partition-end'; readonly nextOffset: bigint; readonly records: number } & PartitionLineage)
  /** The other partitions go on; the run rejects with the first such error when they are done. */
  | ({ readonly type: 'partition-failed'; readonly code: string; readonly message: string } & TopicPartition)
  | { readonly type: 'partition-gap'; readonly gap: Gap }
  | ({
      readonly type: 'lineage-start'
      readonly startOffset: bigint
      readonly reason: 'first' | 'topic-recreated' | 'truncated'
    } & PartitionLineage)
  /** A section that is an object of its own is durable; it becomes part of the archive with the next `commit-end`. */
  | { readonly type: 'segment-end'; readonly section: SectionEntry }
  /** Small sections are durable, together in one object; they become part of the archive with the next `commit-end`. */
  | { readonly type: 'bundle-end'; readonly key: string; readonly sections: number; readonly storedBytes: number }
  | {
      readonly type: 'commit-end'
      readonly commit: CommitReference
      readonly sections: number
      /** Without those of `__consumer_offsets`: 0 where only positions were committed. */
      readonly records: number
    }
  | { readonly type: 'group-capture-end'; readonly groupCount: number; readonly observedAtMs: bigint }

/** What a restore says beside. */
export type RestoreRunEvent =
  | HazardEvent
  /** What the plan noted: it can be done, but perhaps not as it was meant. */
  | { readonly type: 'note'; readonly message: string }
  /** The restore stands in the journal; `isResumed` where an earlier process began it. */
  | { readonly type: 'restore-begin'; readonly restoreId: string; readonly isResumed: boolean }
  /** A restore that goes on has read its journal: so many objects of the archive and records need not be restored again. */
  | { readonly type: 'checkpoint-load'; readonly objects: number; readonly records: number }
  /** A target topic was created. */
  | {
      readonly type: 'topic-create'
      readonly topic: string
      readonly partitionCount: number
    }
  | {
      readonly type: 'stream-start'
      readonly source: TopicPartition
      readonly target: TopicPartition
      /** The ordinal of its first record that is not in the target yet; above 0 in a restore that goes on. */
      readonly fromOrdinal: number
    }
  | {
      readonly type: 'stream-end'
      readonly source: TopicPartition
      readonly target: TopicPartition
      readonly records: number
    }
  /** The restore goes on when the group has no members; said at once, and again while it waits. */
  | { readonly type: 'group-wait'; readonly groupId: string; readonly members: readonly string[] }
  | {
      readonly type: 'group-reset-end'
      readonly groupId: string
      readonly outcome: GroupRestoreOutcome
      /** Of the target: those in which it has a place to go on. */
      readonly partitions: number
    }

/**
 * What happens in a run, as plain data with a noun-verb `type`, when it happens.
 *
 * New types may be added in any minor version: a `switch` needs a default.
 */
export type RunEvent = CommonRunEvent | BackupRunEvent | RestoreRunEvent

/** What a backup emits. */
export type BackupEvent = CommonRunEvent | BackupRunEvent

/** What a restore emits. */
export type RestoreEvent = CommonRunEvent | RestoreRunEvent

/** Is called with every event, in order, on the thread of the run: it should be quick. What it throws is ignored. */
export type EventListener<Event> = (event: Event) => void

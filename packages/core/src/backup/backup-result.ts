import type { CommitReference, Gap } from '../archive/commit.ts'
import type { RunWarning } from '../events/run-warning.ts'
import type { RestorableRange } from './restorable-range.ts'

/** What a run archived of one partition. */
export interface BackupPartitionResult {
  readonly partition: number
  readonly lineage: number
  /** The offsets `[startOffset, nextOffset)` are new in the archive; equal where nothing was new. */
  readonly startOffset: bigint
  readonly nextOffset: bigint
  readonly records: number
}

/** What a run archived of one topic. */
export interface BackupTopicResult {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly BackupPartitionResult[]
  readonly records: number
  /** Of record batches as they lie in the log. */
  readonly bytes: number
  /** On the store. */
  readonly storedBytes: number
}

/** What a run archived of consumer groups. */
export interface BackupGroupsResult {
  readonly captured: number
  /** Whether the history of positions was archived too, so that they are known at any millisecond. */
  readonly offsetsTopic: 'archived' | 'unreadable' | 'not-wanted'
}

/** What a run has done; records and bytes count what is new in the archive, `__consumer_offsets` not among it. */
export interface BackupResult {
  readonly backupId: string
  readonly archiveId: string
  readonly records: number
  readonly bytes: number
  readonly storedBytes: number
  /** The last commit of the run, which holds its cut: keep it to hold the archive to it later. */
  readonly commit: CommitReference
  readonly restorableRange: RestorableRange
  readonly topics: readonly BackupTopicResult[]
  readonly gaps: readonly Gap[]
  readonly warnings: readonly RunWarning[]
  readonly groups: BackupGroupsResult
  readonly durationMs: number
  /** With offsets and times as decimal text, since JSON has no bigint. */
  toJSON(): object
}

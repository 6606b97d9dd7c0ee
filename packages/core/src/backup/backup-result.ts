import type { ArchiveWriter } from '../archive/archive-writer.ts'
import type { CommitReference, Gap } from '../archive/commit.ts'
import { sumOf } from '../collections/sum-of.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RunWarning } from '../events/run-warning.ts'
import { jsonValue } from '../json/json-value.ts'
import type { BackupSettings } from './backup-options.ts'
import type { Committer } from './committer.ts'
import type { OffsetsTopicOutcome } from './offsets-topic-outcome.ts'
import { type RestorableRange, restorableRange } from './restorable-range.ts'
import type { RunTally } from './run-tally.ts'
import type { SourceCut } from './source-cut.ts'

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
  /** Whether the history of positions was archived too. */
  readonly offsetsTopic: OffsetsTopicOutcome
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

/** What the result of a run is made of. */
export interface BackupResultSources {
  readonly settings: BackupSettings
  /** The cut at the start of the run. */
  readonly cut: SourceCut
  readonly archive: Pick<ArchiveWriter, 'archiveId' | 'state'>
  readonly committer: Pick<Committer, 'last'>
  readonly tally: RunTally
  /** What became of `__consumer_offsets` other than the cut said; `null` where nothing did. */
  readonly offsetsTopicLoss: 'unreadable' | 'other-writer' | 'incomplete' | null
}

/** The result of a run that has made its last commit. */
export function backupResult(sources: BackupResultSources): BackupResult {
  const { settings, cut, archive, committer, tally } = sources
  const { last: commit } = committer
  if (commit === null) throw new KbackupError('KB_INTERNAL', { message: 'a run ended without a commit' })
  const topics = tally.topicResults(cut.topics)
  const facts = {
    backupId: settings.backupId,
    archiveId: archive.archiveId,
    records: sumOf(topics, ({ records }) => records),
    bytes: sumOf(topics, ({ bytes }) => bytes),
    storedBytes: sumOf(topics, ({ storedBytes }) => storedBytes),
    commit,
    restorableRange: restorableRange(archive.state),
    topics,
    gaps: tally.gaps,
    warnings: tally.warnings,
    groups: groupsResult(sources),
    durationMs: tally.elapsedMs,
  }
  return { ...facts, toJSON: () => jsonValue(facts) }
}

function groupsResult({ cut, offsetsTopicLoss }: BackupResultSources): BackupGroupsResult {
  return { captured: cut.capture?.groups.length ?? 0, offsetsTopic: offsetsTopicLoss ?? cut.offsetsTopic }
}

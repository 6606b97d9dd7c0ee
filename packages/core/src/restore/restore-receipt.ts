import type { CommitReference } from '../archive/commit.ts'
import { sumOf } from '../collections/sum-of.ts'
import { jsonValue } from '../json/json-value.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { GroupRestoreReport } from './group-restore.ts'
import type { ReadCounts } from './read-counters.ts'
import type { Hazard } from './restore-plan.ts'
import type { RestoreRunOptions } from './restore-run.ts'
import type { BegunRestore } from './restore-start.ts'
import type { TopicSource } from './source-selection.ts'
import type { ActiveStream } from './stream-run.ts'
import type { SelectedTopic } from './stream-selection.ts'
import type { TimeWindow } from './time-window.ts'
import type { RestoreProof } from './verification/restore-proof.ts'

/** What was restored of one source partition. */
export interface StreamReceipt {
  readonly source: TopicPartition
  readonly target: TopicPartition
  readonly records: number
  /** Records that stood in the target before, and were not produced again. */
  readonly recordsPresent: number
  /** Of the records that were restored; `null` where there is none. */
  readonly firstSourceOffset: bigint | null
  readonly lastSourceOffset: bigint | null
  /** The target's end before the first record, and behind the last one. */
  readonly targetStartOffset: bigint
  readonly targetNextOffset: bigint
}

/** What a restore did: also in the archive, beside its journal and its offset map. */
export interface RestoreReceipt {
  readonly restoreId: string
  readonly backupId: string
  readonly commit: CommitReference
  readonly targetClusterId: string
  readonly window: TimeWindow
  readonly streams: readonly StreamReceipt[]
  readonly records: number
  /** Records that stood in the target before, where only missing ones were restored. */
  readonly recordsPresent: number
  /** Archived records of the restored partitions that the window or a guard left out. */
  readonly recordsSkipped: number
  /** What was read back from the target: equal to the archive, or there would be no receipt. */
  readonly verification: RestoreProof
  readonly groups: readonly GroupRestoreReport[]
  /** Topics of which settings stay changed until the restore is released. */
  readonly heldTopics: readonly string[]
  /** What the plan of the run noted, and what it warned of. */
  readonly notes: readonly string[]
  readonly warnings: readonly Hazard[]
  readonly read: ReadCounts
  readonly startedAtMs: bigint
  readonly endedAtMs: bigint
  /** Of the process that ended it. */
  readonly durationMs: number
  /** Offsets and times as decimal strings. */
  toJSON(): object
}

interface Outcome {
  readonly begun: BegunRestore
  readonly active: readonly ActiveStream[]
  readonly groups: readonly GroupRestoreReport[]
  readonly verification: RestoreProof
  readonly read: ReadCounts
}

export function makeReceipt(
  { session, planned, request, environment, tally }: RestoreRunOptions,
  { begun, active, groups, verification, read }: Outcome,
): RestoreReceipt {
  const streams = active.map(streamReceipt)
  const records = sumOf(streams, (stream) => stream.records)
  const recordsPresent = sumOf(streams, (stream) => stream.recordsPresent)
  const archived = archivedRecords(session.selected.flatMap(restoredSources))
  const facts = {
    restoreId: begun.journal.restoreId,
    backupId: request.backupId,
    commit: session.identity.commit,
    targetClusterId: session.identity.targetClusterId,
    window: request.window,
    streams,
    records,
    recordsPresent,
    recordsSkipped: Math.max(0, archived - records - recordsPresent),
    verification,
    groups,
    heldTopics: begun.topics
      .filter(({ holds }) => holds.some(({ until }) => until === 'release'))
      .map(({ topic }) => topic),
    notes: planned.plan.notes,
    warnings: planned.plan.hazards.filter(({ blocks }) => !blocks),
    read,
    startedAtMs: begun.startedAtMs,
    endedAtMs: BigInt(environment.nowMs()),
    durationMs: tally.elapsedMs,
  }
  return { ...facts, toJSON: () => jsonValue(facts) }
}

/** Of a topic of which only some partitions are restored, the others are none of its business. */
function restoredSources({ source, streams }: SelectedTopic): TopicSource['partitions'] {
  const restored = new Set(streams.map(({ source: { partition } }) => partition))
  return source.partitions.filter(({ lineage }) => restored.has(lineage.partition))
}

function archivedRecords(
  partitions: readonly {
    readonly slices: readonly { readonly entry: { readonly records: number } }[]
    readonly recordsOutside: number
  }[],
): number {
  return partitions.reduce(
    (sum, { slices, recordsOutside }) =>
      sum + recordsOutside + sumOf([...new Set(slices.map(({ entry }) => entry))], ({ records }) => records),
    0,
  )
}

/** What was restored of a stream, and where it stands. */
export function streamReceipt({ stream, anchor, progress }: ActiveStream): StreamReceipt {
  const { source, target } = stream
  const [first] = progress.runs
  const last = progress.runs.at(-1)
  return {
    source: { topic: source.topic, partition: source.partition },
    target,
    records: progress.position.ordinal,
    recordsPresent: sumOf(anchor.present, ({ count }) => count),
    firstSourceOffset: first?.sourceFirst ?? null,
    lastSourceOffset: last === undefined ? null : last.sourceFirst + BigInt(last.count) - 1n,
    targetStartOffset: anchor.targetStartOffset,
    targetNextOffset: progress.position.targetOffset,
  }
}

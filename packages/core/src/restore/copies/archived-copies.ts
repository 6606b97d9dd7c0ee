import type { LineageState, PartitionState } from '../../archive/archive-state.ts'
import { sumOf } from '../../collections/sum-of.ts'
import type { CopiedRun } from '../../offsets/copied-run.ts'
import type { RestoredRun } from '../journal-entries.ts'
import { type KnownRestore, readRestoreHistory } from '../restore-history.ts'
import type { RestoreSession, SessionOptions } from '../restore-session.ts'
import type { ArchivedCopy } from '../restore-stream.ts'
import type { PartitionSource, TopicSource } from '../source-selection.ts'
import { isUnbounded, relateToWindow } from '../time-window.ts'
import { copiesWithin, originalsOutside, originalsWithin, withCopies } from './copy-runs.ts'
import { type AppendedStream, readAppended } from './in-place-restores.ts'

/** Records of a topic that are selected twice: as they were, and as restores appended them to the same topic. */
export interface TopicCopies {
  readonly topic: string
  /** The restores that appended them, the oldest first. */
  readonly restores: readonly KnownRestore[]
  /** By partition: those that can be left out, in order and apart. */
  readonly partitions: ReadonlyMap<number, readonly ArchivedCopy[]>
  /** How many cannot: they stand in another partition than their originals, where the log was cut off since, or have times of their own. */
  readonly inseparable: number
  /** Restores that have not come to their end: of what they appended last nothing is known, and it may be selected. */
  readonly unfinished: readonly KnownRestore[]
  /** What the newest of the restores purged before; `null` where it purged nothing, or has not come to its end. */
  readonly purge: TopicPurge | null
}

/** A restore that emptied the topic and appended to it: what it deleted there, the archive still has. */
export interface TopicPurge {
  readonly restoreId: string
  /** By partition: where the log begins since. */
  readonly startOffsets: ReadonlyMap<number, bigint>
  /** Of all of these, also where the restore appended nothing. */
  readonly partitionCount: number
}

/** How many records can be left out. */
export function separableCopies({ partitions }: TopicCopies): number {
  return sumOf([...partitions.values()].flat(), ({ count }) => count)
}

/** The copies among what is selected, by the journals of the archive; without the topics that have none. */
export async function findArchivedCopies(
  { selected, unfinished }: RestoreSession,
  { store, request, signal }: Pick<SessionOptions, 'store' | 'request' | 'signal'>,
): Promise<readonly TopicCopies[]> {
  const place = { store, backupId: request.backupId }
  const topicIds = new Set(selected.map(({ source }) => source.topicId))
  const known = await readRestoreHistory(place, signal)
  const history = known.filter(({ restoreId }) => restoreId !== unfinished?.restoreId)
  const appended = await readAppended(place, { history, topicIds }, signal)
  return selected.flatMap(({ source }) => {
    const own = appended.filter(({ stream }) => stream.source.topicId === source.topicId)
    return own.length === 0 ? [] : topicCopies(source, own)
  })
}

function topicCopies(source: TopicSource, appended: readonly AppendedStream[]): readonly TopicCopies[] {
  const found = source.partitions.map((partition) => ({
    partition: partition.lineage.partition,
    ...copiesIn(partition, { source, appended }),
  }))
  const partitions = new Map(found.map(({ partition, copies }) => [partition, copies]))
  const inseparable = sumOf(found, (each) => each.inseparable)
  const times = new Set([...partitions.values()].flat().map(({ appendedAtMs }) => appendedAtMs))
  const wrote = appended.filter(({ restore: { begin } }) => inseparable > 0 || times.has(begin.startedAtMs))
  const restores = [...new Set(wrote.map(({ restore }) => restore))]
  const unfinished = unfinishedIn(source, appended)
  const purge = newestPurge(wrote)
  const topic = { topic: source.topic.topic, restores, partitions, inseparable, unfinished, purge }
  return separableCopies(topic) + inseparable + unfinished.length === 0 ? [] : [topic]
}

function newestPurge(appended: readonly AppendedStream[]): TopicPurge | null {
  const newest = appended.at(-1)
  if (newest === undefined || !newest.restore.isFinished) return null
  const { restore, stream } = newest
  const prepared = restore.begin.topics.find(({ topic }) => topic === stream.target.topic)
  if (prepared?.action !== 'purge') return null
  const own = appended.filter((each) => each.restore === restore)
  const startOffsets = new Map(own.map(({ stream: { target }, targetStart }) => [target.partition, targetStart]))
  return { restoreId: restore.restoreId, startOffsets, partitionCount: prepared.partitionCount }
}

function unfinishedIn(source: TopicSource, appended: readonly AppendedStream[]): readonly KnownRestore[] {
  const endOf = (partition: number) =>
    source.partitions.find(({ lineage }) => lineage.partition === partition)?.slices.at(-1)
  const open = appended.filter(
    ({ restore, stream, journaledEnd }) =>
      !restore.isFinished && (endOf(stream.target.partition)?.nextOffset ?? 0n) > journaledEnd,
  )
  return [...new Set(open.map(({ restore }) => restore))]
}

interface AppendedTopic {
  readonly source: TopicSource
  readonly appended: readonly AppendedStream[]
}

interface PartitionCopies {
  readonly copies: readonly ArchivedCopy[]
  readonly inseparable: number
}

function copiesIn(target: PartitionSource, { source, appended }: AppendedTopic): PartitionCopies {
  const sorted = appended
    .filter(({ stream }) => stream.target.partition === target.lineage.partition)
    .flatMap((each) => {
      const origin = source.partitions.find(({ lineage }) => lineage.partition === each.stream.source.partition)
      return origin === undefined ? [] : [sortedOut(each, { source, origin, target })]
    })
  const known = sorted.reduce<readonly ArchivedCopy[]>((all, { separable }) => withCopies(all, separable), [])
  return {
    copies: selectedCopies(known, { origin: target, target }),
    inseparable: sumOf(sorted, ({ origin, inseparable }) =>
      sumOf(selectedCopies(inseparable, { origin, target }), ({ count }) => count),
    ),
  }
}

interface CopiedPartition {
  /** Where the originals are. */
  readonly origin: PartitionSource
  /** Where the copies are. */
  readonly target: PartitionSource
}

interface SortedCopies {
  readonly origin: PartitionSource
  readonly separable: readonly ArchivedCopy[]
  readonly inseparable: readonly ArchivedCopy[]
}

/**
 * Where the log was cut off since, another record may stand at the offset of a copy, as it does at that of an original.
 *
 * ```
 * lineage 0   [0 ─────────────── 100)
 * appended                       [100 ── 120)  copies of [60, 80)
 * lineage 1                 [90 ──────────── 130)
 *                                 what stands at 100 may be a copy, or may have come later
 * ```
 */
function sortedOut(
  { restore, stream, runs, producerId }: AppendedStream,
  { source, origin, target }: CopiedPartition & Pick<AppendedTopic, 'source'>,
): SortedCopies {
  const state = source.topic.partitions.find(({ partition }) => partition === stream.source.partition)
  const sharedEnd = sharedEndOf(stream.source.lineage, origin.lineage, state)
  const [shared, apart] = [
    { startOffset: 0n, nextOffset: sharedEnd },
    { startOffset: sharedEnd, nextOffset: OFFSETS_END },
  ]
  const appendedAtMs = restore.begin.startedAtMs
  const copies = runs
    .map((run): ArchivedCopy => ({ ...asCopy(run), appendedAtMs, producerId }))
    .flatMap((run) => originalsWithin(run, [shared]))
  if (origin !== target) return { origin, separable: [], inseparable: copies }
  const doubted = restore.begin.rules.mayOverwriteTimes ? slicesInDoubt(origin) : []
  const sure = originalsOutside(copies, doubted)
  return {
    origin,
    separable: sure.flatMap((run) => copiesWithin(run, [shared])),
    inseparable: [
      ...sure.flatMap((run) => copiesWithin(run, [apart])),
      ...copies.flatMap((run) => originalsWithin(run, doubted)),
    ],
  }
}

/** A copy that the broker has stamped may lie in the window while its original, in one of these, does not. */
function slicesInDoubt({ selection, slices }: PartitionSource): PartitionSource['slices'] {
  if (selection === null || isUnbounded(selection.window)) return []
  return slices.filter(({ entry }) => relateToWindow(selection.window, entry) !== 'inside')
}

const OFFSETS_END = 0x7fff_ffff_ffff_ffffn

/** Below it, an older lineage holds what the one that is selected does; nothing is known of a lineage that is newer. */
function sharedEndOf(restored: number, selected: LineageState, state: PartitionState | undefined): bigint {
  if (restored > selected.lineage) return 0n
  const cuts = (state?.lineages ?? []).filter(
    ({ lineage, topicId, reason }) =>
      lineage > restored && lineage <= selected.lineage && topicId === selected.topicId && reason === 'truncated',
  )
  return cuts.reduce((end, { startOffset }) => (startOffset < end ? startOffset : end), OFFSETS_END)
}

function asCopy({ sourceFirst, count, targetFirst }: RestoredRun): CopiedRun {
  return { copyFirst: targetFirst, count, originalFirst: sourceFirst }
}

/** Those of which both are selected: a copy whose original is not is the only one. */
function selectedCopies(runs: readonly ArchivedCopy[], { origin, target }: CopiedPartition): readonly ArchivedCopy[] {
  return runs
    .flatMap((run) => copiesWithin(run, target.slices))
    .flatMap((run) => originalsWithin(run, origin.slices))
    .filter(({ copyFirst, originalFirst }) => origin !== target || originalFirst < copyFirst)
}

import { groupBy } from '../collections/group-by.ts'
import { sumOf } from '../collections/sum-of.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { OffsetMap } from '../offsets/offset-map.ts'
import { OffsetMapBuilder, type OffsetMapStreamStart } from '../offsets/offset-map-builder.ts'
import type { OffsetRun } from '../offsets/offset-run-list.ts'
import { readableCopies } from './copies/left-out-copies.ts'
import type { RestoredRun } from './journal-entries.ts'
import { inBothOrders } from './present-records/present-runs.ts'
import type { RestoreSession } from './restore-session.ts'
import { targetNextOf } from './restored-runs.ts'
import type { PartitionSource } from './source-selection.ts'
import type { ActiveStream } from './stream-run.ts'

/** The offset map of a restore, from what its streams know to be restored, and what stood there before. */
export function buildOffsetMap(active: readonly ActiveStream[], session: RestoreSession): OffsetMap {
  const builder = new OffsetMapBuilder()
  const sharing = groupBy(active, ({ stream }) => partitionName(stream.target))
  for (const each of active) {
    const { stream, anchor, progress } = each
    const { source, target, filter } = stream
    const start = {
      source: { topic: source.topic, partition: source.partition },
      target,
      archived: archivedRange(session, source),
      windowed: filter.window.start !== null,
      copies: readableCopies(filter),
    }
    const mapped = builder.stream({ ...start, targetStart: anchor.targetStartOffset })
    for (const run of progress.runs) mapped.add(offsetRun(run))
    mapped.endsAt(progress.position.targetOffset)
    addPresent(builder, start, { active: each, sharing: sharing.get(partitionName(target)) ?? [] })
  }
  return builder.build()
}

interface PresentParts {
  readonly active: ActiveStream
  /** The streams that go to the same target partition. */
  readonly sharing: readonly ActiveStream[]
}

function addPresent(
  builder: OffsetMapBuilder,
  start: Omit<OffsetMapStreamStart, 'targetStart'>,
  { active: { anchor }, sharing }: PresentParts,
): void {
  for (const [index, runs] of inBothOrders(anchor.present).entries()) {
    const last = runs.at(-1)
    const [targetStart, end] = [runs[0]?.targetFirst ?? 0n, last === undefined ? 0n : targetNextOf(last)]
    const known = sharing.flatMap(({ anchor: { present } }) => present)
    const othersFollow = anchor.targetStartOffset - end > offsetsBehind(known, end)
    const mapped = builder.stream({ ...start, targetStart, part: index + 1, othersFollow })
    for (const run of runs) mapped.add(offsetRun(run))
  }
}

/** How many target offsets at or behind an offset are those of some runs. */
function offsetsBehind(runs: readonly RestoredRun[], offset: bigint): bigint {
  return BigInt(sumOf(runs, ({ targetFirst, count }) => (targetFirst >= offset ? count : 0)))
}

function offsetRun({ sourceFirst, count, targetFirst }: RestoredRun): OffsetRun {
  return { sourceFirst, sourceLast: sourceFirst + BigInt(count) - 1n, targetFirst }
}

function archivedRange(
  { selected }: RestoreSession,
  { topic, partition }: ActiveStream['stream']['source'],
): Pick<PartitionSource, 'startOffset' | 'nextOffset'> {
  const source = selected.find((each) => each.source.topic.topic === topic)?.source
  const found = source?.partitions.find(({ lineage }) => lineage.partition === partition)
  return { startOffset: found?.startOffset ?? 0n, nextOffset: found?.nextOffset ?? 0n }
}

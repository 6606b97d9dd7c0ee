import { type GroupRestoreReport, partitionName } from '@kbackup/core'
import { alignColumns } from './columns.ts'
import { nextData } from './plan-data.ts'
import { countOf } from './quantity-text.ts'
import { isoTime } from './time-text.ts'

/** Of one group; JSON has all. */
export const SHOWN_POSITIONS = 50

/** An archived position of a group, and where that is in the target. */
export type Position = GroupRestoreReport['positions'][number]
type Target = GroupRestoreReport['targets'][number]

/** What is true of a group's positions, whichever command moves it. */
export interface PositionsOfGroup<Each extends Position = Position> {
  readonly positions: readonly Each[]
  readonly targets: readonly Target[]
}

/** A line for each position, up to a number, and one for each place where several of them meet. */
export function positionLines<Each extends Position>(
  { positions, targets }: PositionsOfGroup<Each>,
  beside: (position: Each) => readonly string[] = () => [],
): readonly string[] {
  const shown = positions.slice(0, SHOWN_POSITIONS)
  const lines = alignColumns(shown.map((position) => [...positionCells(position), ...beside(position)]))
  const more = positions.length - shown.length
  return [
    ...lines.map((line) => `  ${line}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
    ...meetingLines(meetingTargets({ positions, targets })),
  ]
}

/** How many positions a group had: one of them may stand in the target in several places, each with a line of its own. */
export function positionCount(positions: readonly Position[]): number {
  return new Set(positions.map(({ source }) => partitionName(source))).size
}

/** The same for programs. */
export function positionData({ source, known, observedAtMs, next, translation }: Position): object {
  return {
    partition: partitionName(source),
    source_offset: source.offset,
    known,
    observed_at: isoTime(observedAtMs),
    next: nextData(next),
    translation: translation.kind,
    ...(translation.kind === 'unknown'
      ? { reason: translation.reason }
      : { target: partitionName(translation.target), target_offset: translation.target.offset }),
  }
}

/** What a group is set to, one entry for each target partition. */
export function targetData(target: Target): object {
  return {
    target: partitionName(target),
    target_offset: target.offset,
    sources: target.sources.map(partitionName),
    repeated_records: target.repeatedRecords,
  }
}

function positionCells({ source, known, observedAtMs, translation }: Position): readonly string[] {
  const seen = known === 'exact' ? '' : `, seen at ${isoTime(observedAtMs)}`
  const target =
    translation.kind === 'unknown'
      ? `left as it is: ${source.offset} is ${translation.reason}`
      : `→ ${partitionName(translation.target)} ${translation.target.offset} (${translation.kind})`
  return [partitionName(source), `${source.offset} (${known}${seen})`, target]
}

/** Places that several source partitions lead to, or several parts of one: those that stood there before, and the others. */
function meetingTargets({ positions, targets }: PositionsOfGroup): readonly Target[] {
  const leading = positions.flatMap(({ translation }) =>
    translation.kind === 'unknown' ? [] : [partitionName(translation.target)],
  )
  const [once, repeated] = [new Set<string>(), new Set<string>()]
  for (const name of leading) (once.has(name) ? repeated : once).add(name)
  return targets.filter((target) => target.sources.length > 1 || repeated.has(partitionName(target)))
}

/** Records stand there in turn: no single translation says where the group goes on. */
function meetingLines(meeting: readonly Target[]): readonly string[] {
  const lines = meeting.slice(0, SHOWN_POSITIONS).map((target) => {
    const again = `${countOf(Number(target.repeatedRecords), 'record')} read again`
    const how = target.sources.length > 1 ? 'merged' : 'goes on'
    return `    ${how}: ${target.sources.map(partitionName).join(', ')} → ${partitionName(target)} ${target.offset}, ${again}`
  })
  const more = meeting.length - lines.length
  return more > 0 ? [...lines, `    and ${more} more where several meet`] : lines
}

import { KbackupError } from '../errors/kbackup-error.ts'
import { comparePartitions, partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { CopiedRun } from './copied-run.ts'
import type { OffsetMap, OffsetMapStream, OffsetRange } from './offset-map.ts'
import { makeOffsetMap } from './offset-map-view.ts'
import { type OffsetRun, OffsetRunList, targetLastOf } from './offset-run-list.ts'
import { type MappedStream, streamsBy } from './offset-translation.ts'

/** What is known of a stream before its first record is acknowledged. */
export interface OffsetMapStreamStart {
  readonly source: TopicPartition
  readonly target: TopicPartition
  /** The source offsets that the archive accounts for at the commit that is restored. */
  readonly archived: OffsetRange
  /** Whether the selection has a start (a time, an offset) that leaves out the beginning of what is archived. */
  readonly windowed: boolean
  /** The target's end before the first record of the restore; of what stood there before, its first place. */
  readonly targetStart: bigint
  /** 0 where absent. */
  readonly part?: number | undefined
  /** None where absent. */
  readonly copies?: readonly CopiedRun[] | undefined
  /** `false` where absent. */
  readonly othersFollow?: boolean | undefined
}

/** Takes the acknowledgements of one stream. */
export interface OffsetMapStreamBuilder {
  /** Records acknowledged: consecutive on both sides. Any order; what is known already changes nothing. */
  add(run: OffsetRun): void
  /** Where the target goes on behind its last record, which is no part of a run where several were made of one. */
  endsAt(offset: bigint): void
}

interface GrowingStream {
  readonly start: OffsetMapStreamStart
  readonly runs: OffsetRunList
  targetEnd: bigint
}

/**
 * Gathers where the records of a restore stand; memory grows with the holes between them, not with their number.
 *
 * @throws KbackupError `KB_INTERNAL` where acknowledgements contradict each other.
 */
export class OffsetMapBuilder {
  readonly #streams = new Map<string, GrowingStream>()

  /** Begins a stream; one that was begun already goes on. */
  stream(start: OffsetMapStreamStart): OffsetMapStreamBuilder {
    const name = `${partitionName(start.source)} → ${partitionName(start.target)} ${partOf(start)}`
    const known = this.#streams.get(name)
    if (known !== undefined) assertSameStart(name, known.start, start)
    const stream = known ?? { start, runs: new OffsetRunList(), targetEnd: start.targetStart }
    this.#streams.set(name, stream)
    return {
      add: (run) => addWithin(start, stream.runs, run),
      endsAt: (offset) => {
        if (offset > stream.targetEnd) stream.targetEnd = offset
      },
    }
  }

  /** What is known so far, as a map that no longer changes. */
  build(): OffsetMap {
    const streams = [...this.#streams.values()].map(mappedStream)
    streams.sort((left, right) => compareStreams(left.facts, right.facts))
    assertApart(streams)
    return makeOffsetMap(streams)
  }
}

function addWithin(start: OffsetMapStreamStart, runs: OffsetRunList, run: OffsetRun): void {
  const { archived, targetStart } = start
  const inside = run.sourceFirst >= archived.startOffset && run.sourceLast < archived.nextOffset
  if (!inside || run.targetFirst < targetStart) throw outside(start, run)
  runs.add(run)
}

function outside({ source, target, archived, targetStart }: OffsetMapStreamStart, run: OffsetRun): KbackupError {
  return new KbackupError('KB_INTERNAL', {
    message:
      `records ${run.sourceFirst}…${run.sourceLast} of ${partitionName(source)} at ${run.targetFirst} of ` +
      `${partitionName(target)} lie outside of the restore, which has ` +
      `[${archived.startOffset}, ${archived.nextOffset}) from ${targetStart} on`,
  })
}

function mappedStream({ start, runs: growing, targetEnd }: GrowingStream): MappedStream {
  const runs = growing.clone()
  const last = runs.at(runs.length - 1)
  const runsEnd = last === undefined ? start.targetStart : targetLastOf(last) + 1n
  let records = 0n
  for (const run of runs) records += run.sourceLast - run.sourceFirst + 1n
  const facts: OffsetMapStream = {
    ...start,
    part: partOf(start),
    othersFollow: start.othersFollow ?? false,
    copies: start.copies ?? [],
    targetEnd: targetEnd > runsEnd ? targetEnd : runsEnd,
    records,
    runCount: runs.length,
    runs: () => runs,
  }
  return { facts, runs }
}

function partOf({ part = 0 }: Pick<OffsetMapStreamStart, 'part'>): number {
  return part
}

function compareStreams(left: OffsetMapStream, right: OffsetMapStream): number {
  const byPartition = comparePartitions(left.source, right.source) || comparePartitions(left.target, right.target)
  return byPartition || left.part - right.part
}

function assertSameStart(name: string, known: OffsetMapStreamStart, start: OffsetMapStreamStart): void {
  const same =
    known.archived.startOffset === start.archived.startOffset &&
    known.archived.nextOffset === start.archived.nextOffset &&
    known.windowed === start.windowed &&
    known.targetStart === start.targetStart
  if (!same) throw new KbackupError('KB_INTERNAL', { message: `the stream ${name} was begun twice, differently` })
}

/** Two streams that share a target must not claim the same place, and two that share a source not the same record. */
function assertApart(streams: readonly MappedStream[]): void {
  for (const group of streamsBy(streams, 'target').values()) assertPairsDisjoint(group, targetRange)
  for (const group of streamsBy(streams, 'source').values()) assertPairsDisjoint(group, sourceRange)
}

function assertPairsDisjoint(streams: readonly MappedStream[], rangeOf: RangeOf): void {
  for (const [index, left] of streams.entries()) {
    for (const right of streams.slice(index + 1)) assertDisjoint(left, right, rangeOf)
  }
}

type RangeOf = (run: OffsetRun) => readonly [first: bigint, last: bigint]
const targetRange: RangeOf = (run) => [run.targetFirst, targetLastOf(run)]
const sourceRange: RangeOf = (run) => [run.sourceFirst, run.sourceLast]

/** Both lists are in order, so one walk over both finds whether any two ranges meet. */
function assertDisjoint(left: MappedStream, right: MappedStream, rangeOf: RangeOf): void {
  let [leftIndex, rightIndex] = [0, 0]
  for (;;) {
    const [leftRun, rightRun] = [left.runs.at(leftIndex), right.runs.at(rightIndex)]
    if (leftRun === undefined || rightRun === undefined) return
    const [[leftFirst, leftLast], [rightFirst, rightLast]] = [rangeOf(leftRun), rangeOf(rightRun)]
    if (leftFirst <= rightLast && rightFirst <= leftLast) throw sharedPlace(left.facts, right.facts)
    if (leftLast < rightLast) leftIndex += 1
    else rightIndex += 1
  }
}

function sharedPlace(left: OffsetMapStream, right: OffsetMapStream): KbackupError {
  const names = [left, right].map(({ source, target }) => `${partitionName(source)} → ${partitionName(target)}`)
  return new KbackupError('KB_INTERNAL', { message: `two streams claim the same offset: ${names.join(' and ')}` })
}

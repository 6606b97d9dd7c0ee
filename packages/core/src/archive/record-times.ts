import type { SectionEntry } from './commit.ts'

/** The times of records, in epoch milliseconds; `null` where there is no record, or where it was not looked for. */
export interface RecordTimes {
  readonly earliest: bigint | null
  readonly latest: bigint | null
}

/** The least and the greatest time of the records of sections; one section of which it is not known leaves that of all open. */
export function recordTimes(
  sections: readonly Pick<SectionEntry, 'records' | 'minTimestamp' | 'maxTimestamp'>[],
): RecordTimes {
  const filled = sections.filter(({ records }) => records > 0)
  return {
    earliest: extreme(
      filled.map(({ minTimestamp }) => minTimestamp),
      (left, right) => (left < right ? left : right),
    ),
    latest: extreme(
      filled.map(({ maxTimestamp }) => maxTimestamp),
      (left, right) => (left > right ? left : right),
    ),
  }
}

function extreme(times: readonly (bigint | null)[], choose: (left: bigint, right: bigint) => bigint): bigint | null {
  const known = times.filter((time) => time !== null)
  const [first] = known
  return first === undefined || known.length < times.length ? null : known.reduce(choose, first)
}

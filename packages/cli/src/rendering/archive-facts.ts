import type { Archive, ArchiveState, ArchiveView, LineageState, SectionEntry, TopicState } from '@kbackup/core'

/** What reports tell of an archive: nothing for which objects must be read. */
export type ReportedArchive = ArchiveView & Pick<Archive, 'restorableRange'>

/** The least and the greatest timestamp of records; `null` where there is no record or it is not known. */
export interface TimeRange {
  readonly earliest: bigint | null
  readonly latest: bigint | null
}

/** What sections hold together. */
export interface Contents {
  readonly sections: number
  readonly records: number
  readonly storedBytes: number
  readonly logBytes: number
  readonly timeRange: TimeRange
}

/** All lives of all partitions of a topic. */
export function lineagesOf({ partitions }: TopicState): readonly LineageState[] {
  return partitions.flatMap(({ lineages }) => lineages)
}

/** The topics of an archive that hold data of its users; positions of groups are not shown as records. */
export function dataTopics(state: ArchiveState): readonly TopicState[] {
  return [...state.topics.values()]
    .filter(({ topic }) => topic !== '__consumer_offsets')
    .sort((left, right) => (left.topic < right.topic ? -1 : 1))
}

/** Adds up sections. */
export function contentsOf(sections: readonly SectionEntry[]): Contents {
  return {
    sections: sections.length,
    records: sum(sections, ({ records }) => records),
    storedBytes: sum(sections, ({ length }) => length),
    logBytes: sum(sections, ({ logBytes }) => logBytes),
    timeRange: timeRangeOf(sections.filter(({ records }) => records > 0)),
  }
}

function sum<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0)
}

/** One section whose least timestamp is not known leaves that of all open. */
function timeRangeOf(sections: readonly SectionEntry[]): TimeRange {
  return {
    earliest: fold(
      sections.map(({ minTimestamp }) => minTimestamp),
      (left, right) => (left < right ? left : right),
    ),
    latest: fold(
      sections.map(({ maxTimestamp }) => maxTimestamp),
      (left, right) => (left > right ? left : right),
    ),
  }
}

function fold(values: readonly (bigint | null)[], choose: (left: bigint, right: bigint) => bigint): bigint | null {
  return (
    values.reduce<bigint | null | undefined>((chosen, value) => {
      if (chosen === undefined) return value
      return chosen === null || value === null ? null : choose(chosen, value)
    }, undefined) ?? null
  )
}

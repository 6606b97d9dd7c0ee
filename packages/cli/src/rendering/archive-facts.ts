import {
  type Archive,
  type ArchiveState,
  type ArchiveView,
  type LineageState,
  type RecordTimes,
  recordTimes,
  type SectionEntry,
  type TopicState,
} from '@kbackup/core'

/** What reports tell of an archive: nothing for which objects must be read. */
export type ReportedArchive = ArchiveView & Pick<Archive, 'restorableRange'>

/** What sections hold together. */
export interface Contents {
  readonly sections: number
  readonly records: number
  readonly storedBytes: number
  readonly logBytes: number
  readonly timeRange: RecordTimes
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
    timeRange: recordTimes(sections),
  }
}

function sum<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0)
}

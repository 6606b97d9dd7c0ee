import { type RecordTimes, recordTimes } from '../../archive/record-times.ts'
import { isoTime } from '../../config/iso-time.ts'
import type { Hazard } from '../restore-plan.ts'
import type { SelectedTopic } from '../stream-selection.ts'
import { type TimeWindow, windowText } from '../time-window.ts'
import type { Remedy } from './remedy.ts'

/** The range of the records of the selected partitions, in all that the archive holds of them. */
export function dataRange(selected: readonly SelectedTopic[]): RecordTimes {
  const sections = selected
    .flatMap(({ source, streams }) => {
      const wanted = new Set(streams.map(({ source: { partition } }) => partition))
      return source.topic.partitions.filter(({ partition }) => wanted.has(partition))
    })
    .flatMap(({ lineages }) => lineages.flatMap((lineage) => lineage.sections))
  return recordTimes(sections)
}

/** Topics that stay empty would look like a restore. */
export function emptyWindow(selected: readonly SelectedTopic[], window: TimeWindow): Hazard {
  const range = dataRange(selected)
  const topics = selected.map(({ source }) => source.topic.topic)
  const remedies: readonly Remedy[] = [
    {
      option: 'window',
      value: null,
      text: `choose a window that holds records: ${rangeText(range)}`,
      isDestructive: false,
    },
  ]
  return {
    code: 'KB_HAZARD_EMPTY_WINDOW',
    blocks: true,
    message: `no record of the selected topics lies in the window: ${windowText(window)}`,
    remedies,
    details: { topics, earliest: range.earliest, latest: range.latest },
  }
}

export function rangeText({ earliest, latest }: RecordTimes): string {
  if (latest === null) return 'the archive holds no record of these topics'
  const from = earliest === null ? '' : ` from ${isoTime(earliest)}`
  return `the archive holds their records${from} to ${isoTime(latest)}`
}

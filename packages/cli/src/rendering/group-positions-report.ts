import { type GroupPositionAt, type GroupPositions, POSITION_KINDS, partitionName } from '@kbackup/core'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { nextData } from './plan-data.ts'
import { countOf } from './quantity-text.ts'
import { isoTime } from './time-text.ts'

/** What `kbackup groups list` prints. */
export function groupPositionsReport(backupId: string, found: GroupPositions): Report {
  return {
    text: () => reportText(backupId, found),
    data: () => ({
      backup_id: backupId,
      at: isoTime(found.atMs),
      positions: found.positions.map(positionData),
      hidden_offsets_partitions: found.hiddenPartitions,
    }),
    rows: () => [
      Object.keys(CSV_COLUMNS),
      ...found.positions.map((each) => Object.values(CSV_COLUMNS).map((cell) => cell(each))),
    ],
  }
}

function reportText(backupId: string, { atMs, positions, hiddenPartitions }: GroupPositions): string {
  const kinds = [...new Set(positions.map(({ kind }) => kind))]
  const rows = positions.map((each) => [
    each.groupId,
    partitionName(each),
    String(each.offset),
    each.kind,
    isoTime(each.observedAtMs),
    each.source,
  ])
  const groups = new Set(positions.map(({ groupId }) => groupId)).size
  return [
    `Consumer groups of ${backupId} at ${isoTime(atMs)}: ${countOf(groups, 'group')}, ${countOf(positions.length, 'position')}`,
    ...alignColumns([['group', 'partition', 'offset', 'known', 'seen', 'by'], ...rows]),
    ...kinds.map((kind) => `${kind}: ${POSITION_KINDS[kind]}`),
    ...(hiddenPartitions.length === 0
      ? []
      : [`${countOf(hiddenPartitions.length, 'partition')} of __consumer_offsets may hide positions of that moment.`]),
  ].join('\n')
}

function positionData(position: GroupPositionAt): object {
  return {
    group: position.groupId,
    topic: position.topic,
    partition: position.partition,
    offset: position.offset,
    known: position.kind,
    seen_at: isoTime(position.observedAtMs),
    source: position.source,
    next: nextData(position.next),
    metadata: position.metadata,
  }
}

const CSV_COLUMNS: Readonly<Record<string, (position: GroupPositionAt) => string>> = {
  group: ({ groupId }) => groupId,
  topic: ({ topic }) => topic,
  partition: ({ partition }) => String(partition),
  offset: ({ offset }) => String(offset),
  known: ({ kind }) => kind,
  seen_at: ({ observedAtMs }) => isoTime(observedAtMs),
  source: ({ source }) => source,
}

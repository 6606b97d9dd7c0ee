import {
  type ArchivedRestore,
  type OffsetMap,
  type OffsetMapStream,
  type OffsetRun,
  partitionName,
} from '@kbackup/core'
import { timeRangeData } from './archive-report.ts'
import type { Report } from './data-format.ts'
import { offsetTable } from './offset-table.ts'
import { countText } from './quantity-text.ts'
import { isoTime } from './time-text.ts'

/** A restore, and where its records stand. */
export interface MappedRestore {
  readonly backupId: string
  readonly restore: Omit<ArchivedRestore, 'targetBrokers'>
  readonly map: OffsetMap
}

const HEADER = ['Topic/Partition', 'Source Offset Range', 'Target', 'Target Offset Range', 'Records'] as const

/** What `kbackup show-offset-mapping` prints of a restore. */
export function offsetMappingReport({ backupId, restore, map }: MappedRestore): Report {
  const title = { backupId, restore: restoreText(restore) }
  return {
    text: () => [offsetTable(title, HEADER, map.streams.map(tableRow)), ...notes(map)].join('\n\n'),
    data: () => ({ backup_id: backupId, restore: restoreData(restore), entries: map.streams.map(streamData) }),
    rows: () => [CSV_HEADER, ...map.streams.flatMap(csvRows)],
  }
}

function restoreText({ restoreId, finished, startedAtMs, targetClusterId }: MappedRestore['restore']): string {
  const state = finished ? 'finished' : 'unfinished'
  return `${restoreId} (${state}, begun ${isoTime(startedAtMs)}, into cluster ${targetClusterId})`
}

function tableRow(stream: OffsetMapStream): readonly string[] {
  const ends = endsOf(stream)
  return [
    `${stream.source.topic}/${stream.source.partition}`,
    ends === undefined ? '–' : `${ends.sourceFirst} - ${ends.sourceLast}`,
    `${stream.target.topic}/${stream.target.partition}`,
    ends === undefined ? '–' : `${ends.targetFirst} - ${ends.targetLast}`,
    `${countText(stream.records)}${stream.part > 0 ? THERE_BEFORE : ''}`,
  ]
}

const THERE_BEFORE = ' (there before)'
const THERE_BEFORE_NOTE =
  'Rows with "there before" are records that the target held already. The restore has produced those between them, so that ranges of a partition overlap; no record is in two of them.'

function endsOf(stream: OffsetMapStream) {
  let first: OffsetRun | undefined
  let last: OffsetRun | undefined
  for (const run of stream.runs()) {
    first ??= run
    last = run
  }
  if (first === undefined || last === undefined) return undefined
  const { sourceFirst, targetFirst } = first
  return { sourceFirst, sourceLast: last.sourceLast, targetFirst, targetLast: targetLastOf(last) }
}

function targetLastOf({ sourceFirst, sourceLast, targetFirst }: OffsetRun): bigint {
  return targetFirst + sourceLast - sourceFirst
}

function notes({ streams }: OffsetMap): readonly string[] {
  const before = streams.some(({ part }) => part > 0) ? [THERE_BEFORE_NOTE] : []
  return [...before, ...resetNotes(streams)]
}

function resetNotes(streams: OffsetMap['streams']): readonly string[] {
  const commands = firstStreams(streams).map(resetCommand)
  if (commands.length === 0) return []
  return [
    'Groups that the restore moved need nothing more. To let another group read all that was restored, use:',
    ...commands,
    'A range may have holes on the side of the source: --format csv or json gives every run of offsets.',
  ]
}

/** Of the streams of each target partition the one that begins first there. */
function firstStreams(streams: OffsetMap['streams']): readonly OffsetMapStream[] {
  const first = new Map<string, OffsetMapStream>()
  for (const stream of streams.filter(({ records }) => records > 0n)) {
    const name = partitionName(stream.target)
    const known = first.get(name)
    if (known === undefined || stream.targetStart < known.targetStart) first.set(name, stream)
  }
  return [...first.values()]
}

function resetCommand({ target, targetStart }: OffsetMapStream): string {
  return (
    `# Reset to start of the restored records in ${target.topic}/${target.partition}\n` +
    'kafka-consumer-groups --bootstrap-server <BROKER> \\\n' +
    '  --group <GROUP_NAME> \\\n' +
    `  --topic ${target.topic}:${target.partition} \\\n` +
    `  --reset-offsets --to-offset ${targetStart} --execute`
  )
}

function restoreData({ restoreId, finished, startedAtMs, window, targetClusterId }: MappedRestore['restore']): object {
  return {
    restore_id: restoreId,
    finished,
    started_at: isoTime(startedAtMs),
    target_cluster_id: targetClusterId,
    time_range: timeRangeData({ earliest: window.start, latest: window.end }),
  }
}

function streamData(stream: OffsetMapStream): object {
  const ends = endsOf(stream)
  return {
    topic: stream.source.topic,
    partition: stream.source.partition,
    source_first_offset: ends?.sourceFirst ?? null,
    source_last_offset: ends?.sourceLast ?? null,
    target_topic: stream.target.topic,
    target_partition: stream.target.partition,
    target_first_offset: ends?.targetFirst ?? null,
    target_last_offset: ends?.targetLast ?? null,
    records: stream.records,
    stood_before: stream.part > 0,
    runs: Array.from(stream.runs(), (run) => ({
      source_first_offset: run.sourceFirst,
      source_last_offset: run.sourceLast,
      target_first_offset: run.targetFirst,
      target_last_offset: targetLastOf(run),
    })),
  }
}

const CSV_HEADER = [
  'topic',
  'partition',
  'source_first_offset',
  'source_last_offset',
  'target_topic',
  'target_partition',
  'target_first_offset',
  'target_last_offset',
] as const

/** One row a run: inside it offsets count up on both sides. */
function csvRows(stream: OffsetMapStream): readonly (readonly string[])[] {
  const { source, target } = stream
  return Array.from(stream.runs(), (run) =>
    [
      source.topic,
      source.partition,
      run.sourceFirst,
      run.sourceLast,
      target.topic,
      target.partition,
      run.targetFirst,
      targetLastOf(run),
    ].map(String),
  )
}

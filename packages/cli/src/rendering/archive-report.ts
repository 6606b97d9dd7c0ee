import { type RecordTimes, singleWriterNotes, type TopicState } from '@kbackup/core'
import { type Contents, contentsOf, dataTopics, lineagesOf, type ReportedArchive } from './archive-facts.ts'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { bytesText, countOf, countText } from './quantity-text.ts'
import { restorableText } from './restorable-text.ts'
import { isoTime } from './time-text.ts'

interface DescribedTopic {
  readonly topic: TopicState
  readonly contents: Contents
  readonly gaps: number
  readonly lives: number
}

/** What `kbackup describe` prints. */
export function archiveReport(storage: string, archive: ReportedArchive): Report {
  const topics = dataTopics(archive.state).map(describedTopic)
  const contents = contentsOf(
    dataTopics(archive.state)
      .flatMap(lineagesOf)
      .flatMap(({ sections }) => sections),
  )
  return {
    text: () => reportText({ storage, archive, topics, contents }),
    data: () => reportData({ storage, archive, topics, contents }),
  }
}

interface ReportParts {
  readonly storage: string
  readonly archive: ReportedArchive
  readonly topics: readonly DescribedTopic[]
  readonly contents: Contents
}

function describedTopic(topic: TopicState): DescribedTopic {
  const lineages = lineagesOf(topic)
  return {
    topic,
    contents: contentsOf(lineages.flatMap(({ sections }) => sections)),
    gaps: lineages.reduce((count, { gaps }) => count + gaps.length, 0),
    lives: Math.max(0, ...topic.partitions.map((partition) => partition.lineages.length)),
  }
}

function reportText({ storage, archive, topics, contents }: ReportParts): string {
  const title = `Backup: ${archive.backupId}`
  return [
    title,
    '═'.repeat(39),
    '',
    'Time Range:',
    ...alignColumns([
      ['Earliest Message:', timeText(contents.timeRange.earliest, contents)],
      ['Latest Message:', timeText(contents.timeRange.latest, contents)],
      ['Restorable:', restorableText(archive.restorableRange)],
    ]),
    '',
    'Topics:',
    ...topicLines(topics),
    '',
    'Consumer Groups:',
    ...groupLines(archive),
    '',
    'Archive:',
    ...archiveLines({ storage, archive, topics, contents }),
  ].join('\n')
}

function timeText(ms: bigint | null, { records }: Contents): string {
  if (ms !== null) return isoTime(ms)
  return records === 0 ? 'none' : 'not known (it was backed up with index_timestamps: lazy)'
}

function topicLines(topics: readonly DescribedTopic[]): readonly string[] {
  if (topics.length === 0) return ['  none']
  return alignColumns(
    topics.map(({ topic, contents, gaps, lives }) => [
      topic.topic,
      countOf(topic.partitionCount, 'partition'),
      countOf(contents.records, 'record'),
      bytesText(contents.storedBytes),
      [
        ...(topic.deleted ? ['deleted at the source'] : []),
        ...(lives > 1 ? [`${lives} lives`] : []),
        ...(gaps > 0 ? [countOf(gaps, 'gap')] : []),
      ].join(', '),
    ]),
  )
}

function groupLines({ state }: ReportedArchive): readonly string[] {
  const latest = state.captures.at(-1)
  if (latest === undefined || latest.groupIds.length === 0) return ['  none']
  return [
    `  ${latest.groupIds.join(', ')}`,
    `  captured ${countOf(state.captures.length, 'time')}, last at ${isoTime(latest.observedAtMs)}`,
  ]
}

function archiveLines({ storage, archive, contents }: ReportParts): readonly string[] {
  const { head } = archive.state
  return alignColumns([
    ['Storage:', storage],
    ['Created:', isoTime(archive.info.createdAtMs)],
    ['Commit:', head === null ? 'none yet' : `${head.sequence}:${head.sha256}`],
    [
      'Stored:',
      `${bytesText(contents.storedBytes)} in ${countOf(contents.sections, 'section')} (${bytesText(contents.logBytes)} of log)`,
    ],
    ['Records:', countText(contents.records)],
    ...singleWriterNotes(archive.state).map((note) => ['Unsafe:', note]),
  ])
}

function reportData({ storage, archive, topics, contents }: ReportParts): object {
  const { info, state } = archive
  return {
    backup_id: archive.backupId,
    storage,
    archive_id: info.archiveId,
    created_at: isoTime(info.createdAtMs),
    commit: state.head,
    time_range: timeRangeData(contents.timeRange),
    restorable_range: timeRangeData(archive.restorableRange),
    total_records: contents.records,
    total_bytes: contents.storedBytes,
    topics: topics.map(topicData),
    consumer_groups: state.captures.at(-1)?.groupIds ?? [],
    group_captures: state.captures.length,
    unsafe_single_writer: state.unsafeSingleWriter,
  }
}

/** Numbers, because the guides show numbers. */
export function timeRangeData({ earliest, latest }: RecordTimes): object {
  return {
    earliest_timestamp: earliest === null ? null : Number(earliest),
    latest_timestamp: latest === null ? null : Number(latest),
    earliest_timestamp_iso: earliest === null ? null : isoTime(earliest),
    latest_timestamp_iso: latest === null ? null : isoTime(latest),
  }
}

function topicData({ topic, contents, gaps, lives }: DescribedTopic): object {
  return {
    name: topic.topic,
    topic_id: topic.topicId,
    partitions: topic.partitionCount,
    records: contents.records,
    bytes: contents.storedBytes,
    deleted: topic.deleted,
    lives,
    gaps,
    time_range: timeRangeData(contents.timeRange),
  }
}

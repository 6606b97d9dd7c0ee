import type { ArchiveView } from '@kbackup/core'
import { type Contents, contentsOf, dataTopics, lineagesOf } from './archive-facts.ts'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { bytesText, countText } from './quantity-text.ts'
import { isoTime } from './time-text.ts'

interface ListedArchive {
  readonly backupId: string
  readonly createdAtMs: bigint
  readonly commit: number
  readonly topics: number
  readonly contents: Contents
}

/** The archives of a store. */
export function archiveList(store: string, archives: readonly ArchiveView[]): Report {
  const listed = archives.map(listedArchive)
  return {
    text: () => listText(store, listed),
    data: () => ({ storage: store, backups: listed.map(listData) }),
    rows: () => [
      CSV_HEADER,
      ...listed.map((archive) => Object.values(listData(archive)).map((cell) => String(cell ?? ''))),
    ],
  }
}

const CSV_HEADER = [
  'backup_id',
  'created_at',
  'commit',
  'topics',
  'records',
  'bytes',
  'earliest_timestamp',
  'latest_timestamp',
] as const

function listedArchive({ backupId, info, state }: ArchiveView): ListedArchive {
  const topics = dataTopics(state)
  const sections = topics.flatMap(lineagesOf).flatMap((lineage) => lineage.sections)
  const contents = contentsOf(sections)
  return { backupId, createdAtMs: info.createdAtMs, commit: state.head?.sequence ?? 0, topics: topics.length, contents }
}

function listData({ backupId, createdAtMs, commit, topics, contents }: ListedArchive) {
  return {
    backup_id: backupId,
    created_at: isoTime(createdAtMs),
    commit,
    topics,
    records: contents.records,
    bytes: contents.storedBytes,
    earliest_timestamp: numberOf(contents.timeRange.earliest),
    latest_timestamp: numberOf(contents.timeRange.latest),
  }
}

function numberOf(ms: bigint | null): number | null {
  return ms === null ? null : Number(ms)
}

function listText(store: string, archives: readonly ListedArchive[]): string {
  if (archives.length === 0) return `No backups in ${store}.`
  const rows = archives.map(({ backupId, createdAtMs, commit, topics, contents }) => [
    backupId,
    isoTime(createdAtMs),
    String(commit),
    String(topics),
    countText(contents.records),
    bytesText(contents.storedBytes),
    contents.timeRange.latest === null ? '–' : isoTime(contents.timeRange.latest),
  ])
  const header = ['backup', 'created', 'commits', 'topics', 'records', 'stored', 'latest message']
  return alignColumns([header, ...rows], '').join('\n')
}

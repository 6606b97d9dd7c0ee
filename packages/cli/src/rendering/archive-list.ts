import { type KbackupError, type RestorableRange, singleWriterNotes } from '@kbackup/core'
import { type Contents, contentsOf, dataTopics, lineagesOf, type ReportedArchive } from './archive-facts.ts'
import { timeRangeData } from './archive-report.ts'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { inCommandWords } from './option-words.ts'
import { bytesText, countText } from './quantity-text.ts'
import { restorableText } from './restorable-text.ts'
import { isoTime } from './time-text.ts'

/** An archive, or a folder that should be one and cannot be opened. */
export type FoundArchive =
  | { readonly archive: ReportedArchive }
  | { readonly backupId: string; readonly error: KbackupError }

interface ReadableArchive {
  readonly backupId: string
  readonly createdAtMs: bigint
  readonly commit: number
  readonly topics: number
  readonly contents: Contents
  readonly restorableRange: RestorableRange
  readonly unsafeSingleWriter: boolean
}

type ListedArchive = ReadableArchive | { readonly backupId: string; readonly error: KbackupError }

/** The archives of a store. */
export function archiveList(store: string, archives: readonly FoundArchive[]): Report {
  const listed = archives.map(listedArchive)
  return {
    text: () => listText(store, listed),
    data: () => ({ storage: store, backups: listed.map(listData) }),
    rows: () => [CSV_HEADER, ...listed.map(listRow)],
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
  'restorable_from',
  'restorable_to',
  'unsafe_single_writer',
  'error',
] as const

function listedArchive(found: FoundArchive): ListedArchive {
  if ('error' in found) return found
  const { backupId, info, state, restorableRange } = found.archive
  const topics = dataTopics(state)
  const sections = topics.flatMap(lineagesOf).flatMap((lineage) => lineage.sections)
  const contents = contentsOf(sections)
  const commit = state.head?.sequence ?? 0
  const { createdAtMs } = info
  const { unsafeSingleWriter } = state
  return { backupId, createdAtMs, commit, topics: topics.length, contents, restorableRange, unsafeSingleWriter }
}

function listData(listed: ListedArchive): object {
  const { backupId } = listed
  if ('error' in listed) {
    const { code, message, hint } = listed.error
    return { backup_id: backupId, error: { code, message, hint } }
  }
  const { contents } = listed
  return {
    backup_id: backupId,
    created_at: isoTime(listed.createdAtMs),
    commit: listed.commit,
    topics: listed.topics,
    records: contents.records,
    bytes: contents.storedBytes,
    earliest_timestamp: numberOf(contents.timeRange.earliest),
    latest_timestamp: numberOf(contents.timeRange.latest),
    restorable_range: timeRangeData(listed.restorableRange),
    unsafe_single_writer: listed.unsafeSingleWriter,
  }
}

function listRow(listed: ListedArchive): readonly string[] {
  const { backupId } = listed
  if ('error' in listed) return [backupId, ...CSV_HEADER.slice(2).map(() => ''), errorText(listed.error)]
  const { contents, restorableRange } = listed
  const cells = [
    isoTime(listed.createdAtMs),
    listed.commit,
    listed.topics,
    contents.records,
    contents.storedBytes,
    contents.timeRange.earliest,
    contents.timeRange.latest,
    restorableRange.earliest,
    restorableRange.latest,
    listed.unsafeSingleWriter,
    null,
  ]
  return [backupId, ...cells.map((cell) => String(cell ?? ''))]
}

function numberOf(ms: bigint | null): number | null {
  return ms === null ? null : Number(ms)
}

function listText(store: string, archives: readonly ListedArchive[]): string {
  if (archives.length === 0) return `No backups in ${store}.`
  const header = ['backup', 'created', 'commits', 'topics', 'records', 'stored', 'restorable']
  const rows = archives.flatMap((listed) => ('error' in listed ? [] : [textRow(listed)]))
  const unreadable = archives.flatMap((listed) => ('error' in listed ? errorLines(listed) : []))
  const unsafe = archives.flatMap((listed) => ('error' in listed ? [] : unsafeLines(listed)))
  return [...(rows.length === 0 ? [] : alignColumns([header, ...rows], '')), ...unsafe, ...unreadable].join('\n')
}

function textRow(listed: ReadableArchive): readonly string[] {
  return [
    listed.backupId,
    isoTime(listed.createdAtMs),
    String(listed.commit),
    String(listed.topics),
    countText(listed.contents.records),
    bytesText(listed.contents.storedBytes),
    restorableText(listed.restorableRange),
  ]
}

function unsafeLines(archive: ReadableArchive): readonly string[] {
  return singleWriterNotes(archive).map((note) => `${archive.backupId}: ${note}`)
}

function errorLines({ backupId, error }: { readonly backupId: string; readonly error: KbackupError }): string[] {
  const hint = error.hint === undefined ? [] : [`  → ${inCommandWords(error.hint)}`]
  return [`${backupId}: ${errorText(error)}`, ...hint]
}

function errorText({ code, message }: KbackupError): string {
  return `${code}: ${message}`
}

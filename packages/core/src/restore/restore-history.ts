import { restoresPrefix } from '../archive/archive-keys.ts'
import { isoTime } from '../config/iso-time.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { type BeginEntry, entryNumberOf, isFinal } from './journal-head.ts'
import { type JournalPlace, readEntry } from './restore-journal.ts'
import { restoreIdOfKey } from './restore-keys.ts'
import { type TimeWindow, windowAround, windowText } from './time-window.ts'

const READ_CONCURRENCY = 8
const SHOWN_RESTORES = 5

/** A restore that was begun, ended or not. */
export interface KnownRestore {
  readonly restoreId: string
  readonly isFinished: boolean
  /** Whether it may have written to the target: nothing is written before the topics stand ready. */
  readonly hasWritten: boolean
  readonly begin: BeginEntry
}

export type ArchivePlace = Omit<JournalPlace, 'restoreId'>

/** The number of the last journal entry of each restore of an archive. */
export async function lastEntryNumbers(
  { store, backupId }: { readonly store: BlobStore; readonly backupId: string },
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number>> {
  const last = new Map<string, number>()
  for await (const { key } of store.list(restoresPrefix(backupId), { signal })) {
    const restoreId = restoreIdOfKey(backupId, key)
    const number = entryNumberOf({ backupId, restoreId }, key)
    if (number !== undefined) last.set(restoreId, Math.max(number, last.get(restoreId) ?? 0))
  }
  return last
}

/** All restores that an archive's journals tell of, newest first. */
export async function readRestoreHistory(
  place: ArchivePlace,
  signal: AbortSignal | undefined,
): Promise<readonly KnownRestore[]> {
  const begun = [...(await lastEntryNumbers(place, signal))]
  const known = await mapConcurrently(begun, { concurrency: READ_CONCURRENCY, signal }, ([restoreId, last]) =>
    readKnown({ ...place, restoreId }, { last, signal }),
  )
  return known.flatMap((restore) => restore ?? []).sort((left, right) => compareTimes(right, left))
}

/** `restore 20261120T…, begun at 2026-11-20T14:30:00.000Z, unfinished, of everything up to 2026-…` */
export function restoreText({ restoreId, isFinished, begin }: KnownRestore): string {
  const state = isFinished ? 'finished' : 'unfinished'
  return `restore ${restoreId} (begun at ${isoTime(begin.startedAtMs)}, ${state}, ${windowText(journaledWindow(begin))})`
}

/** `the archive has restore … (begun at …), restore … and 3 older`; newest first. */
export function restoresText(known: readonly KnownRestore[]): string {
  if (known.length === 0) return 'the archive has no restores'
  const shown = known.slice(0, SHOWN_RESTORES).map(restoreText)
  const more = known.length > shown.length ? ` and ${known.length - shown.length} older` : ''
  return `the archive has ${shown.join(', ')}${more}`
}

/** The window that a restore was begun with, around those of its topics; a guard against old records shows as its start. */
export function journaledWindow({ streams }: BeginEntry): TimeWindow {
  return windowAround(streams.map(({ filter }) => filter.window))
}

async function readKnown(
  place: JournalPlace,
  { last, signal }: { readonly last: number; readonly signal: AbortSignal | undefined },
): Promise<KnownRestore | undefined> {
  const [begin, newest] = [await readEntry(place, 1, signal), await readEntry(place, last, signal)]
  if (begin?.type !== 'begin') return undefined
  const isFinished = isFinal(newest)
  return {
    restoreId: place.restoreId,
    isFinished,
    hasWritten: isFinished || (await isPrepared(place, last, signal)),
    begin,
  }
}

/** Only `resume` and `undone` come between `begin` and `prepared`. */
async function isPrepared(place: JournalPlace, last: number, signal: AbortSignal | undefined): Promise<boolean> {
  for (let number = 2; number <= last; number++) {
    const entry = await readEntry(place, number, signal)
    if (entry?.type === 'prepared') return true
    if (entry?.type !== 'resume' && entry?.type !== 'undone') return false
  }
  return false
}

function compareTimes(left: KnownRestore, right: KnownRestore): number {
  return Number(left.begin.startedAtMs - right.begin.startedAtMs)
}

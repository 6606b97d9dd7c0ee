import { ATTRIBUTES } from '../../batch/batch-layout.ts'
import type { RecordCursor } from '../../batch/record-cursor.ts'
import { sumOf } from '../../collections/sum-of.ts'
import type { OrderedBatch, OrderedRecords } from './ordered-records.ts'
import type { PairedDigest } from './paired-digest.ts'

/** Where target and archive differ first. */
export interface RecordDifference {
  /** The place of the record in its stream. */
  readonly ordinal: number
  /** `null` where the target lacks it. */
  readonly targetOffset: bigint | null
  readonly what: 'content' | 'timestamp' | 'missing' | 'doubled' | 'surplus'
}

/** Two sequences of records, and how strictly they are compared. */
export interface RecordComparison {
  readonly archived: OrderedRecords
  readonly found: OrderedRecords
  /** Records from this ordinal on are not compared. */
  readonly end: number
  /** Whether the target may have removed records since. */
  readonly mayRemove: boolean
  /** Whether it is accepted that the target gave the records times of its own. */
  readonly mayOverwriteTimes: boolean
  readonly digests: PairedDigest
}

/** How many records differ, and how. */
export interface DifferenceCounts {
  readonly missing: number
  /** Those that stand there twice, and those that are none of the archive. */
  readonly extra: number
  /** Those whose content or timestamp is another one. */
  readonly changed: number
}

export const NO_DIFFERENCES: DifferenceCounts = { missing: 0, extra: 0, changed: 0 }

export function totalDifferences(counts: readonly DifferenceCounts[]): DifferenceCounts {
  return {
    missing: sumOf(counts, ({ missing }) => missing),
    extra: sumOf(counts, ({ extra }) => extra),
    changed: sumOf(counts, ({ changed }) => changed),
  }
}

/** What came of it. */
export interface ComparedRecords extends DifferenceCounts {
  /** Records that were read on both sides, and are equal. */
  readonly compared: number
  readonly removedSince: number
  /** The first one. */
  readonly difference: RecordDifference | null
}

type Tally = { -readonly [Name in keyof ComparedRecords]: ComparedRecords[Name] }

const KINDS: Readonly<Record<RecordDifference['what'], keyof DifferenceCounts>> = {
  content: 'changed',
  timestamp: 'changed',
  missing: 'missing',
  doubled: 'extra',
  surplus: 'extra',
}

/**
 * Compares record by record, and counts what differs. A batch that stands in the target byte for byte as the archive gives
 * it is equal in each of its records: it is decoded once, for the digest.
 */
export async function compareRecords(comparison: RecordComparison): Promise<ComparedRecords> {
  const { archived, found } = comparison
  const tally: Tally = { compared: 0, removedSince: 0, ...NO_DIFFERENCES, difference: null }
  for (;;) {
    await archived.take()
    await found.take()
    if (archived.closed !== undefined && isSameBatch(archived.closed, found.closed, comparison)) {
      await passSame(archived.closed, comparison, tally)
      continue
    }
    if (archived.cursor === undefined) await archived.load()
    if (found.cursor === undefined) await found.load()
    if (compareLoaded(comparison, tally)) return tally
  }
}

/** Where codec, times and all records are the same bytes, and nothing of the batch lies outside of what is compared. */
function isSameBatch(archived: OrderedBatch, found: OrderedBatch | undefined, { end }: RecordComparison): boolean {
  if (found === undefined || found.firstOrdinal !== archived.firstOrdinal) return false
  const { batch, fromOffset } = found
  if (fromOffset !== undefined && fromOffset > batch.baseOffset) return false
  if (found.firstOrdinal + batch.recordCount > end) return false
  return archived.batch.bytes.subarray(ATTRIBUTES).equals(batch.bytes.subarray(ATTRIBUTES))
}

async function passSame(
  batch: OrderedBatch,
  { archived, found, digests }: RecordComparison,
  tally: Tally,
): Promise<void> {
  const records = await archived.open(batch)
  while (records.next()) digests.addEqual(records, records.timestamp)
  tally.compared += batch.batch.recordCount
  archived.pass()
  found.pass()
}

/** Compares what is decoded on both sides, up to where one of them needs another batch; `true` behind the last record. */
function compareLoaded(comparison: RecordComparison, tally: Tally): boolean {
  const { archived, found, end } = comparison
  for (;;) {
    const { cursor, ordinal } = archived
    if (cursor === undefined) return passSurplus(comparison, tally)
    if (ordinal >= end) return true
    if (found.ordinal < ordinal) {
      count(tally, foundAt(found, 'doubled'))
      if (!found.step()) return false
      continue
    }
    if (found.cursor === undefined || found.ordinal > ordinal) {
      if (comparison.mayRemove) tally.removedSince += 1
      else count(tally, { ordinal, targetOffset: null, what: 'missing' })
      if (!archived.step()) return false
      continue
    }
    const what = compareRecord(cursor, found.cursor, comparison)
    if (what === null) tally.compared += 1
    else count(tally, foundAt(found, what))
    const [isArchivedLeft, isFoundLeft] = [archived.step(), found.step()]
    if (!isArchivedLeft || !isFoundLeft) return false
  }
}

function count(tally: Tally, difference: RecordDifference): void {
  tally.difference ??= difference
  tally[KINDS[difference.what]] += 1
}

function compareRecord(
  archived: RecordCursor,
  found: RecordCursor,
  { digests, mayOverwriteTimes }: RecordComparison,
): 'content' | 'timestamp' | null {
  const timestamp = mayOverwriteTimes && found.isLogAppendTime ? archived.timestamp : found.timestamp
  const what = differenceOf(archived, found, timestamp)
  if (what === null) digests.addEqual(found, timestamp)
  else digests.addDiffering(archived, found, timestamp)
  return what
}

function differenceOf(
  archived: RecordCursor,
  { payload, bodyStart, bodyEnd }: RecordCursor,
  timestamp: bigint,
): 'content' | 'timestamp' | null {
  const isSame = archived.payload.compare(payload, bodyStart, bodyEnd, archived.bodyStart, archived.bodyEnd) === 0
  if (!isSame) return 'content'
  return archived.timestamp === timestamp ? null : 'timestamp'
}

function foundAt({ cursor, ordinal }: OrderedRecords, what: RecordDifference['what']): RecordDifference {
  return { ordinal, targetOffset: cursor?.offset ?? null, what }
}

/** What the target has of the stream beyond its end; only who has read all of the stream can tell. */
function passSurplus({ found, end }: RecordComparison, tally: Tally): boolean {
  while (found.cursor !== undefined) {
    count(tally, foundAt(found, found.ordinal < end ? 'doubled' : 'surplus'))
    if (!found.step()) return false
  }
  return true
}

import { ATTRIBUTES } from '../../batch/batch-layout.ts'
import type { RecordCursor } from '../../batch/record-cursor.ts'
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

/** What came of it. */
export interface ComparedRecords {
  /** Records that were read on both sides. */
  readonly compared: number
  readonly removedSince: number
  readonly difference: RecordDifference | null
}

type Tally = { -readonly [Name in 'compared' | 'removedSince']: ComparedRecords[Name] }

/**
 * Compares record by record up to the first difference. A batch that stands in the target byte for byte as the archive gives
 * it is equal in each of its records: it is decoded once, for the digest.
 */
export async function compareRecords(comparison: RecordComparison): Promise<ComparedRecords> {
  const { archived, found } = comparison
  const tally: Tally = { compared: 0, removedSince: 0 }
  for (;;) {
    await archived.take()
    await found.take()
    if (archived.closed !== undefined && isSameBatch(archived.closed, found.closed, comparison)) {
      await passSame(archived.closed, comparison, tally)
      continue
    }
    if (archived.cursor === undefined) await archived.load()
    if (found.cursor === undefined) await found.load()
    const difference = compareLoaded(comparison, tally)
    if (difference !== undefined) return { ...tally, difference }
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

/** Compares what is decoded on both sides; `undefined` where one of them needs another batch, `null` behind the last record. */
function compareLoaded(comparison: RecordComparison, tally: Tally): RecordDifference | null | undefined {
  const { archived, found, end, mayRemove } = comparison
  for (;;) {
    const { cursor, ordinal } = archived
    if (cursor === undefined || ordinal >= end) return surplusOf(comparison)
    if (found.ordinal < ordinal) return foundAt(found, 'doubled')
    if (found.cursor === undefined || found.ordinal > ordinal) {
      if (!mayRemove) return { ordinal, targetOffset: null, what: 'missing' }
      tally.removedSince += 1
      if (!archived.step()) return undefined
      continue
    }
    const what = compareRecord(cursor, found.cursor, comparison)
    if (what !== null) return foundAt(found, what)
    tally.compared += 1
    const [isArchivedLeft, isFoundLeft] = [archived.step(), found.step()]
    if (!isArchivedLeft || !isFoundLeft) return undefined
  }
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

/** Whether the target has records of the stream beyond its end; only who has read all of the stream can tell. */
function surplusOf({ archived, found, end }: RecordComparison): RecordDifference | null {
  if (archived.cursor !== undefined || found.cursor === undefined) return null
  return foundAt(found, found.ordinal < end ? 'doubled' : 'surplus')
}

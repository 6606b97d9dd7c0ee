import { batchPayload } from '../batch/batch-payload.ts'
import { recordKeyFilter } from '../batch/key-filter.ts'
import { batchFilter, type SourceBatch } from '../batch/pack-for-produce.ts'
import { RecordCursor } from '../batch/record-cursor.ts'
import { isOutside, type RecordFilter } from '../batch/record-selection.ts'
import type { RestoreStream } from './restore-stream.ts'

export interface StreamReading {
  readonly stream: RestoreStream
  readonly signal: AbortSignal
  /** Is called where the header has not settled that no record is wanted. */
  readonly onDecode?: (() => void) | undefined
}

/** The records of a batch that lie in the bounds and the window of a stream: one cursor, which stands on each in turn. */
export async function streamRecords(
  source: SourceBatch,
  { stream, signal, onDecode }: StreamReading,
): Promise<Iterable<RecordCursor>> {
  const { batch, bounds } = source
  const { start, end } = stream.filter.window
  const window = { start: start ?? undefined, end: end ?? undefined }
  const selection = { bounds: bounds ?? { startOffset: 0n, nextOffset: batch.nextOffset }, window }
  if (isOutside(batch, selection)) return []
  onDecode?.()
  const isWanted = batchFilter(source, selection)
  const payload = await batchPayload(batch, stream.source, { signal })
  const where = stream.source
  const cursor = new RecordCursor(batch, payload, where)
  const { wantsKey } = stream
  if (wantsKey === null) return wantedOf(cursor, isWanted)
  const hasWantedKey = recordKeyFilter(batch, { payload, where, wants: wantsKey })
  return wantedOf(cursor, (record) => isWanted(record) && hasWantedKey(record))
}

function* wantedOf(cursor: RecordCursor, isWanted: RecordFilter): Generator<RecordCursor, void, undefined> {
  while (cursor.next()) if (isWanted(cursor)) yield cursor
}

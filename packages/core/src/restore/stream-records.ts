import { batchPayload } from '../batch/batch-payload.ts'
import type { SourceBatch } from '../batch/pack-for-produce.ts'
import { RecordCursor } from '../batch/record-cursor.ts'
import { type RecordFilter, recordFilter } from '../batch/record-selection.ts'
import type { RestoreStream } from './restore-stream.ts'

/** The records of a batch that lie in the bounds and the window of a stream: one cursor, which stands on each in turn. */
export async function streamRecords(
  { batch, bounds }: SourceBatch,
  { stream, signal }: { readonly stream: RestoreStream; readonly signal: AbortSignal },
): Promise<Iterable<RecordCursor>> {
  const { start, end } = stream.filter.window
  const window = { start: start ?? undefined, end: end ?? undefined }
  const isWanted = recordFilter(batch, { bounds: bounds ?? { startOffset: 0n, nextOffset: batch.nextOffset }, window })
  const cursor = new RecordCursor(batch, await batchPayload(batch, stream.source, { signal }), stream.source)
  return wantedOf(cursor, isWanted)
}

function* wantedOf(cursor: RecordCursor, isWanted: RecordFilter): Generator<RecordCursor, void, undefined> {
  while (cursor.next()) if (isWanted(cursor)) yield cursor
}

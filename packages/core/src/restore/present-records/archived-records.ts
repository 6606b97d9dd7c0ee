import type { BlobReader } from '../../archive/read-soundly.ts'
import type { RecordCursor } from '../../batch/record-cursor.ts'
import type { ByteBudget } from '../../memory/byte-budget.ts'
import { BlockFeed } from '../block-feed.ts'
import { ReadCounters } from '../read-counters.ts'
import type { RestoreStream } from '../restore-stream.ts'
import { streamRecords } from '../stream-records.ts'

export interface ArchiveReading {
  readonly store: BlobReader
  readonly budget: ByteBudget
  readonly signal: AbortSignal
}

/** The records of a stream as the archive has them, batch by batch. */
export async function* archivedRecords(
  stream: RestoreStream,
  reading: ArchiveReading,
): AsyncGenerator<Iterable<RecordCursor>, void, undefined> {
  const { signal } = reading
  const feed = new BlockFeed({ ...reading, stream, fromOffset: 0n, counters: new ReadCounters() })
  for await (const source of feed.batches()) {
    signal.throwIfAborted()
    if (source.batch.isControl) continue
    const records = await streamRecords(source, { stream, signal })
    yield stream.filter.dropNullKeys ? withKeys(records) : records
  }
}

function* withKeys(records: Iterable<RecordCursor>): Generator<RecordCursor, void, undefined> {
  for (const cursor of records) if (!cursor.hasNullKey) yield cursor
}

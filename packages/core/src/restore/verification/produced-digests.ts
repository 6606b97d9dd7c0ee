import { RECORDS } from '../../batch/batch-layout.ts'
import { type RecordBatch, viewBatch } from '../../batch/record-batch.ts'
import { RecordCursor } from '../../batch/record-cursor.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { DIGEST_CHUNK_BYTES, RecordDigest } from './record-digest.ts'

/** A stream, by its identity. */
interface DigestedStream {
  readonly source: TopicPartition
}

/** A batch on its way to the target. */
export interface ProducedBatch {
  readonly bytes: Buffer
  readonly recordCount: number
  readonly firstOrdinal: number
}

/**
 * The digests of streams as the archive gives them, made of what is on its way to the target, while it is at hand anyway: a
 * target that gives the same digest back need not be compared with the archive once more.
 *
 * Only of batches that are not compressed: to open others takes as long as to read them again. Memory is that of a hash a
 * stream.
 */
export class ProducedDigests {
  readonly #chunk = Buffer.allocUnsafeSlow(DIGEST_CHUNK_BYTES)
  readonly #digests = new Map<DigestedStream, ProducedDigest>()

  /** Takes a batch before it is produced; that it was taken before, or overlaps what was, does no harm. */
  take(stream: DigestedStream, batch: ProducedBatch): void {
    const digest = this.#digests.get(stream) ?? new ProducedDigest(stream.source, this.#chunk)
    this.#digests.set(stream, digest)
    digest.take(batch)
  }

  /** Of a stream with so many records, once; `undefined` unless each of them was taken in its place. */
  finish(stream: DigestedStream, records: number): string | undefined {
    return this.#digests.get(stream)?.finish(records)
  }
}

class ProducedDigest {
  readonly #where: TopicPartition
  readonly #digest: RecordDigest
  #records = 0
  #isWhole = true

  constructor(where: TopicPartition, chunk: Buffer) {
    this.#where = where
    this.#digest = new RecordDigest({ chunk })
  }

  take({ bytes, recordCount, firstOrdinal }: ProducedBatch): void {
    if (!this.#isWhole || firstOrdinal + recordCount <= this.#records) return
    const batch = viewBatch(bytes, this.#where)
    this.#isWhole = firstOrdinal === this.#records && batch.codec === 'none'
    if (!this.#isWhole) return
    this.#digest.addAll(recordsOf(batch, this.#where))
    this.#records += recordCount
  }

  finish(records: number): string | undefined {
    return this.#isWhole && records === this.#records ? this.#digest.finish() : undefined
  }
}

function recordsOf(batch: RecordBatch, where: TopicPartition): RecordCursor {
  return new RecordCursor(batch, batch.bytes.subarray(RECORDS), where)
}

import type { BatchCodec } from '../batch/batch-codec.ts'
import { decodeRecord, encodeRecord, type RawRecord, rawRecordAt } from '../batch/batch-records.ts'
import type { SourceBatch } from '../batch/pack-for-produce.ts'
import { type PackedBatch, StreamPacker, type StreamPackerOptions } from '../batch/stream-packer.ts'
import type { KafkaRecord } from '../kafka/kafka-record.ts'
import { type RecordTransform, transformed } from './record-transform.ts'
import type { RestoreStream } from './restore-stream.ts'
import type { StreamPosition } from './stream-progress.ts'
import { streamRecords } from './stream-records.ts'

export interface TransformedStreamOptions extends StreamPackerOptions {
  readonly stream: RestoreStream
  readonly transform: RecordTransform
  readonly from: StreamPosition
  /** Leaves out what is larger than the target takes. */
  readonly dropLarger: boolean
  readonly missingCodecs: ReadonlySet<BatchCodec>
  /** Is called for each batch whose records are looked at. */
  readonly onDecode: () => void
  readonly signal: AbortSignal
}

/** A record of a stream, and whether it is a further one of the source record that gave the one before it. */
interface StreamPart {
  readonly record: RawRecord
  readonly isFurther: boolean
}

/** The batches of a stream whose records pass through a transform: the same records in the same order on every run. */
export async function* packTransformed(
  sources: AsyncIterable<SourceBatch>,
  options: TransformedStreamOptions,
): AsyncGenerator<PackedBatch, void, undefined> {
  const packer = new StreamPacker(options)
  let codec: BatchCodec = 'none'
  for await (const source of sources) {
    for await (const { record, isFurther } of partsOf(source, { ...options, maxBodyBytes: packer.maxBodyBytes })) {
      if (!packer.fits(record.body.length)) yield await packer.flush({ codec })
      if (packer.pendingRecords === 0) codec = codecFor(source, options)
      packer.append(record, isFurther)
    }
  }
  if (packer.pendingRecords > 0) yield await packer.flush({ codec })
}

function codecFor({ batch }: SourceBatch, { missingCodecs }: TransformedStreamOptions): BatchCodec {
  return missingCodecs.has(batch.codec) ? 'gzip' : batch.codec
}

interface PartOptions extends TransformedStreamOptions {
  readonly maxBodyBytes: number
}

async function* partsOf(source: SourceBatch, options: PartOptions): AsyncGenerator<StreamPart, void, undefined> {
  const { stream, transform, from, signal, onDecode } = options
  const { batch } = source
  if (batch.isControl) return
  const origin = { topic: stream.source.topic, partition: stream.source.partition, timestampType: batch.timestampType }
  for (const cursor of await streamRecords(source, { stream, signal, onDecode })) {
    signal.throwIfAborted()
    const raw = rawRecordAt(cursor)
    const parts = restoredParts(await transformed(transform, decodeRecord(raw, origin)), options)
    const known = raw.offset === from.sourceOffset ? from.part : 0
    for (const [index, record] of parts.entries()) {
      if (index >= known) yield { record: { ...record, offset: raw.offset }, isFurther: index > 0 }
    }
  }
}

type MadePart = ReturnType<typeof encodeRecord>

/** What is left out of what a transform makes has no place among the parts: a restore that goes on counts those that stand. */
function restoredParts(
  made: readonly KafkaRecord[],
  { stream: { filter, takesKey }, dropLarger, maxBodyBytes }: PartOptions,
): readonly MadePart[] {
  const wanted = made.filter(({ key }) => (takesKey?.(key) ?? true) && !(filter.dropNullKeys && key === null))
  const encoded = wanted.map(encodeRecord)
  return dropLarger ? encoded.filter(({ body }) => body.length <= maxBodyBytes) : encoded
}

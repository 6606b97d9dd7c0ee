import type { TopicPartition } from '../kafka/topic-partition.ts'
import { corruptBatch } from './batch-errors.ts'
import { RECORDS } from './batch-layout.ts'
import { type CompressionCodec, codecIfLoaded, loadCodec } from './compression-codec.ts'
import type { RecordBatch } from './record-batch.ts'

/** How {@link batchPayload} decompresses. */
export interface BatchPayloadOptions {
  readonly signal?: AbortSignal | undefined
  /** A batch that decompresses to more is refused with `KB_BATCH_CORRUPT`; 256 MiB unless said otherwise. */
  readonly maxPayloadBytes?: number | undefined
}

const DEFAULT_MAX_PAYLOAD_BYTES = 256 * 1024 * 1024

/**
 * The records of a batch, one behind the other, decompressed.
 *
 * Uncompressed batches answer at once with a slice of their own bytes; small compressed ones too, once the codec is
 * loaded; larger ones are decompressed on another thread.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT` for bytes that do not decompress, or to too many bytes.
 */
export function batchPayload(
  batch: RecordBatch,
  where: TopicPartition,
  options: BatchPayloadOptions = {},
): Buffer | Promise<Buffer> {
  options.signal?.throwIfAborted()
  const stored = batch.bytes.subarray(RECORDS)
  if (batch.codec === 'none' || stored.length === 0) return stored
  const codec = codecIfLoaded(batch.codec)
  if (codec === undefined) return loadThenDecompress(batch, where, options)
  return decompress(codec, { batch, where, options })
}

interface PayloadTask {
  readonly batch: RecordBatch
  readonly where: TopicPartition
  readonly options: BatchPayloadOptions
}

async function loadThenDecompress(
  batch: RecordBatch,
  where: TopicPartition,
  options: BatchPayloadOptions,
): Promise<Buffer> {
  const codec = await loadCodec(batch.codec)
  options.signal?.throwIfAborted()
  return decompress(codec, { batch, where, options })
}

function decompress(codec: CompressionCodec, task: PayloadTask): Buffer | Promise<Buffer> {
  const { batch, options } = task
  try {
    const payload = codec.decompress(
      batch.bytes.subarray(RECORDS),
      options.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES,
    )
    return Buffer.isBuffer(payload) ? payload : settled(payload, task)
  } catch (cause) {
    throw damagedPayload(task, cause)
  }
}

async function settled(payload: Promise<Buffer>, task: PayloadTask): Promise<Buffer> {
  try {
    const bytes = await payload
    task.options.signal?.throwIfAborted()
    return bytes
  } catch (cause) {
    task.options.signal?.throwIfAborted()
    throw damagedPayload(task, cause)
  }
}

function damagedPayload({ batch, where }: PayloadTask, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return corruptBatch(where, batch.baseOffset, `cannot be decompressed with ${batch.codec}: ${reason}`, cause)
}

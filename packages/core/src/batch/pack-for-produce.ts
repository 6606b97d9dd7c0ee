import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { BatchCodec, BatchCompression } from './batch-codec.ts'
import { batchPayload } from './batch-payload.ts'
import type { RawRecord } from './batch-records.ts'
import { type KeyFilter, recordKeyFilter } from './key-filter.ts'
import { isIntact } from './produce-batch.ts'
import type { RecordBatch } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'
import {
  isOutside,
  type OffsetBounds,
  type RecordFilter,
  type RecordSelection,
  recordFilter,
} from './record-selection.ts'
import { type PackedBatch, type RewriteBody, StreamPacker, type StreamPackerOptions } from './stream-packer.ts'
import { NOTHING_WANTED, WantedRecords } from './wanted-records.ts'

/** A batch of the source, with what is known of it beside its header. */
export interface SourceBatch {
  readonly batch: RecordBatch
  /** As for {@link isIntact}. */
  readonly minTimestamp?: bigint | undefined
  /** Offsets of this batch that are wanted, where they are not those of the whole selection. */
  readonly bounds?: OffsetBounds | undefined
  /** Offsets inside of them that are not wanted either; then the batch does not pass as it is. */
  readonly isLeftOut?: ((offset: bigint) => boolean) | undefined
}

/** How {@link packBatches} goes about it. */
export interface PackBatchesOptions extends StreamPackerOptions {
  /** The source partition, for errors. */
  readonly where: TopicPartition
  readonly selection: RecordSelection
  /** Gives everything this codec; otherwise what is encoded anew keeps the codec it had, at its default level. */
  readonly compression?: BatchCompression | undefined
  /** Intact batches smaller than this are joined into large ones; 4 KiB unless said otherwise, 0 joins none. */
  readonly joinBelowBytes?: number | undefined
  /** Leaves out records that alone make a batch above `maxBatchBytes`, as they do uncompressed; they get no sequence. */
  readonly dropLarger?: boolean | undefined
  /** Leaves out records without a key; they get no sequence. */
  readonly dropNullKeys?: boolean | undefined
  /** Gives each record another body; then nothing passes as it is. */
  readonly rewrite?: RewriteBody | undefined
  /** Codecs that the target does not know: what comes in one of them is compressed anew, with gzip. */
  readonly missingCodecs?: ReadonlySet<BatchCodec> | undefined
  /** Leaves out records by their keys. */
  readonly wantsKey?: KeyFilter | undefined
  readonly maxPayloadBytes?: number | undefined
  /** Is called for each batch whose records are looked at, because its header does not settle what becomes of them. */
  readonly onDecode?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const DEFAULT_JOIN_BELOW_BYTES = 4 * 1024

/**
 * Turns the batches of one source partition into batches to produce: intact ones pass with their header rewritten,
 * of all others the wanted records are encoded anew, in order; control batches and what is not wanted are left out.
 *
 * The records and their sequences depend on the selection alone; where one batch ends and the next begins may vary. The
 * batches come in groups, which say nothing of them: only between groups is there anything to wait for.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT`, `KB_CODEC_LEVEL`; the signal's reason.
 */
export async function* packBatches(
  groups: AsyncIterable<Iterable<SourceBatch>> | Iterable<Iterable<SourceBatch>>,
  options: PackBatchesOptions,
): AsyncGenerator<PackedBatch, void, undefined> {
  const packer = new StreamPacker(options)
  let compression: BatchCompression = options.compression ?? { codec: 'none' }
  for await (const group of groups) {
    options.signal?.throwIfAborted()
    for (const source of group) {
      const passes = passesWhole(source, options)
      if (packer.pendingRecords > 0 && (passes || isWorthAnEnd(packer, source.batch, { compression, options }))) {
        yield packer.flush(compression)
      }
      if (passes) {
        yield packer.pass(source.batch)
        continue
      }
      if (packer.pendingRecords === 0) compression = compressionFor(source.batch, options)
      const opening = openWanted(source, { maxBodyBytes: packer.maxBodyBytes, options })
      const wanted = opening instanceof Promise ? await opening : opening
      while (!packer.appendWanted(wanted, options.rewrite)) yield packer.flush(compression)
    }
  }
  if (packer.pendingRecords > 0) yield packer.flush(compression)
}

/** Turns records, of a transform for instance, into batches to produce. */
export async function* packRecords(
  records: AsyncIterable<RawRecord> | Iterable<RawRecord>,
  options: StreamPackerOptions & { readonly compression: BatchCompression; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<PackedBatch, void, undefined> {
  const packer = new StreamPacker(options)
  for await (const record of records) {
    options.signal?.throwIfAborted()
    if (!packer.fits(record.body.length)) yield packer.flush(options.compression)
    packer.append(record)
  }
  if (packer.pendingRecords > 0) yield packer.flush(options.compression)
}

function selectionFor({ bounds }: SourceBatch, { selection }: PackBatchesOptions): RecordSelection {
  return bounds === undefined ? selection : { bounds, window: selection.window }
}

function passesWhole(source: SourceBatch, options: PackBatchesOptions): boolean {
  const { batch, minTimestamp } = source
  if (source.isLeftOut !== undefined) return false
  if (options.dropNullKeys === true) return false
  if (options.wantsKey !== undefined) return false
  if (options.rewrite !== undefined) return false
  const size = batch.bytes.length
  if (size < (options.joinBelowBytes ?? DEFAULT_JOIN_BELOW_BYTES)) return false
  if (size > options.maxBatchBytes && (batch.recordCount > 1 || options.dropLarger === true)) return false
  if (batch.recordCount > (options.maxBatchRecords ?? Number.POSITIVE_INFINITY)) return false
  if (compressionFor(batch, options).codec !== batch.codec) return false
  return isIntact(batch, { ...selectionFor(source, options), minTimestamp })
}

/** Of what is encoded anew. */
function compressionFor({ codec }: RecordBatch, { compression, missingCodecs }: PackBatchesOptions): BatchCompression {
  if (compression !== undefined) return compression
  return { codec: missingCodecs?.has(codec) ? 'gzip' : codec }
}

interface Packing {
  readonly compression: BatchCompression
  readonly options: PackBatchesOptions
}

/** A run ends where the codec changes, unless what it has gathered is itself still tiny. */
function isWorthAnEnd(packer: StreamPacker, batch: RecordBatch, { compression, options }: Packing): boolean {
  if (compressionFor(batch, options).codec === compression.codec) return false
  return packer.pendingBytes >= (options.joinBelowBytes ?? DEFAULT_JOIN_BELOW_BYTES)
}

/** The wanted records of a batch; a promise only where another thread decompresses it. */
function openWanted(source: SourceBatch, opening: Opening): WantedRecords | Promise<WantedRecords> {
  const { batch } = source
  const { options } = opening
  const selection = selectionFor(source, options)
  if (batch.isControl || isOutside(batch, selection)) return NOTHING_WANTED
  options.onDecode?.()
  const filter = withoutLarger(withKeys(batchFilter(source, selection), options), batch, opening)
  const open = (payload: Buffer) =>
    new WantedRecords(
      new RecordCursor(batch, payload, options.where),
      withWantedKey(filter, { batch, payload, options }),
    )
  const payload = batchPayload(batch, options.where, options)
  return Buffer.isBuffer(payload) ? open(payload) : payload.then(open)
}

/** What of a batch bounds, window, and what is left out between the bounds leave. */
export function batchFilter({ batch, isLeftOut }: SourceBatch, selection: RecordSelection): RecordFilter {
  const isSelected = recordFilter(batch, selection)
  return isLeftOut === undefined ? isSelected : (cursor) => isSelected(cursor) && !isLeftOut(cursor.offset)
}

interface Opening {
  readonly maxBodyBytes: number
  readonly options: PackBatchesOptions
}

function withKeys(isWanted: RecordFilter, { dropNullKeys }: PackBatchesOptions): RecordFilter {
  return dropNullKeys === true ? (cursor) => !cursor.hasNullKey && isWanted(cursor) : isWanted
}

interface OpenedBatch {
  readonly batch: RecordBatch
  readonly payload: Buffer
  readonly options: PackBatchesOptions
}

function withWantedKey(isWanted: RecordFilter, { batch, payload, options }: OpenedBatch): RecordFilter {
  const { wantsKey, where } = options
  if (wantsKey === undefined) return isWanted
  const hasWantedKey = recordKeyFilter(batch, { payload, where, wants: wantsKey })
  return (cursor) => isWanted(cursor) && hasWantedKey(cursor)
}

/** Only of a batch that is too large itself: the same record in a smaller one was within the limit, compressed. */
function withoutLarger(isWanted: RecordFilter, batch: RecordBatch, { maxBodyBytes, options }: Opening): RecordFilter {
  if (options.dropLarger !== true || batch.bytes.length <= options.maxBatchBytes) return isWanted
  return (cursor) => cursor.bodyEnd - cursor.bodyStart <= maxBodyBytes && isWanted(cursor)
}

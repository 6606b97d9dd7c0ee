import { crc32c } from '@node-rs/crc32'
import * as layout from '../../batch/batch-layout.ts'
import { batchPayload } from '../../batch/batch-payload.ts'
import { decodeRecord, type RawRecord, rawRecords } from '../../batch/batch-records.ts'
import { loadCodec } from '../../batch/compression-codec.ts'
import { type RecordBatch, viewBatch } from '../../batch/record-batch.ts'
import { varintSize, varlongSize, writeVarint, writeVarlong } from '../../batch/varint.ts'
import type { PartitionLog } from './partition-log.ts'

/**
 * Compacts a log as the cleaner does: of each key only the newest record stays, at its offset; what was aborted goes;
 * batches keep their bounds, so that their offsets become sparse, and batches that lost all records go. The newest batch
 * is left alone, as the active segment is, and so is everything from the oldest open transaction on.
 */
export async function cleanLog(log: PartitionLog): Promise<void> {
  const dirty = log.batches.slice(0, -1).filter((batch) => !batch.isControl && batch.nextOffset <= log.lastStableOffset)
  const newest = await newestOffsets(log)
  const cleaned = new Map<RecordBatch, RecordBatch | undefined>()
  for (const batch of dirty) cleaned.set(batch, await cleanBatch(log, batch, newest))
  log.replaceBatches((batch) => (cleaned.has(batch) ? cleaned.get(batch) : batch))
}

async function newestOffsets(log: PartitionLog): Promise<ReadonlySet<bigint>> {
  const newest = new Map<string, bigint>()
  for (const batch of log.batches) {
    if (batch.isControl || isAborted(log, batch)) continue
    for (const raw of await rawOf(log, batch)) newest.set(keyOf(log, raw), raw.offset)
  }
  return new Set(newest.values())
}

function isAborted({ transactions }: PartitionLog, batch: RecordBatch): boolean {
  return batch.isTransactional && transactions.isAborted(batch.producerId, batch.baseOffset)
}

async function cleanBatch(
  log: PartitionLog,
  batch: RecordBatch,
  newest: ReadonlySet<bigint>,
): Promise<RecordBatch | undefined> {
  const raw = await rawOf(log, batch)
  const kept = raw.filter(({ offset }) => newest.has(offset))
  if (kept.length === raw.length) return batch
  if (kept.length === 0) return undefined
  const records = kept.map((record) => sparseRecord(batch, record))
  const payload = await (await loadCodec(batch.codec)).compress(Buffer.concat(records), undefined)
  const bytes = Buffer.concat([batch.bytes.subarray(0, layout.RECORDS), payload])
  bytes.writeInt32BE(bytes.length - layout.LENGTH_OVERHEAD, layout.BATCH_LENGTH)
  bytes.writeInt32BE(kept.length, layout.RECORD_COUNT)
  bytes.writeUInt32BE(crc32c(bytes.subarray(layout.ATTRIBUTES)), layout.CRC)
  return viewBatch(bytes, log.where)
}

async function rawOf(log: PartitionLog, batch: RecordBatch): Promise<readonly RawRecord[]> {
  return rawRecords(batch, await batchPayload(batch, log.where), log.where)
}

function keyOf({ where }: PartitionLog, raw: RawRecord): string {
  const { key } = decodeRecord(raw, { ...where, timestampType: 'CreateTime' })
  return key === null ? '' : `k${key.toString('hex')}`
}

/** A record with the offset delta that it had; the base timestamp of the batch stays too. */
function sparseRecord(batch: RecordBatch, { offset, timestamp, body }: RawRecord): Buffer {
  const timestampDelta = timestamp - batch.baseTimestamp
  const offsetDelta = Number(offset - batch.baseOffset)
  const length = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta) + body.length
  const bytes = Buffer.alloc(varintSize(length) + length)
  let at = writeVarint(bytes, 0, length) + 1
  at = writeVarlong(bytes, at, timestampDelta)
  at = writeVarint(bytes, at, offsetDelta)
  body.copy(bytes, at)
  return bytes
}

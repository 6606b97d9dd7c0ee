import { isUtf8 } from 'node:buffer'
import type { HeaderKey, KafkaRecord, RecordHeader } from '../kafka/kafka-record.ts'
import { varintSize, writeVarint } from './varint.ts'
import type { VarintReader } from './varint-reader.ts'

/*
 * The body of a record: what stands behind its offset delta. Lengths and the count are varints, −1 stands for null.
 *
 *   | key length | key … | value length | value … | header count | key length | key … | value length | value … | …
 */

/** What the body of a record holds. */
export type RecordContent = Pick<KafkaRecord, 'key' | 'value' | 'headers'>

/** Reads a body up to the reader's end, which it must fill exactly. Buffers in the answer are slices. */
export function readRecordBody(reader: VarintReader): RecordContent {
  const key = readNullable(reader)
  const value = readNullable(reader)
  const headers = readHeaders(reader)
  if (reader.position !== reader.end)
    throw reader.damaged(`has a record with ${reader.end - reader.position} bytes too many`)
  return { key, value, headers }
}

function readNullable(reader: VarintReader): Buffer | null {
  const length = reader.readVarint()
  return length < 0 ? null : reader.readBytes(length)
}

const NO_HEADERS: readonly RecordHeader[] = []

function readHeaders(reader: VarintReader): readonly RecordHeader[] {
  const count = reader.readVarint()
  if (count === 0) return NO_HEADERS
  if (count < 0 || count > reader.end - reader.position) throw reader.damaged(`has a record with ${count} headers`)
  const headers: RecordHeader[] = []
  for (let index = 0; index < count; index++) headers.push([readHeaderKey(reader), readNullable(reader)])
  return headers
}

function readHeaderKey(reader: VarintReader): HeaderKey {
  const bytes = reader.readBytes(reader.readVarint())
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes
}

/** How many bytes {@link writeRecordBody} writes. */
export function recordBodyBytes({ key, value, headers }: RecordContent): number {
  let size = nullableBytes(key) + nullableBytes(value) + varintSize(headers.length)
  for (const [headerKey, headerValue] of headers) {
    const length = headerKeyBytes(headerKey)
    size += varintSize(length) + length + nullableBytes(headerValue)
  }
  return size
}

/** Writes a body; returns the position behind it. */
export function writeRecordBody(target: Buffer, position: number, { key, value, headers }: RecordContent): number {
  let at = writeNullable(target, position, key)
  at = writeNullable(target, at, value)
  at = writeVarint(target, at, headers.length)
  for (const [headerKey, headerValue] of headers) {
    at = writeHeaderKey(target, at, headerKey)
    at = writeNullable(target, at, headerValue)
  }
  return at
}

/** The body of a record, as bytes of its own. */
export function encodeRecordBody(content: RecordContent): Buffer {
  const body = Buffer.allocUnsafe(recordBodyBytes(content))
  writeRecordBody(body, 0, content)
  return body
}

function nullableBytes(bytes: Buffer | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length
}

function headerKeyBytes(key: HeaderKey): number {
  return typeof key === 'string' ? Buffer.byteLength(key, 'utf8') : key.length
}

function writeNullable(target: Buffer, position: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(target, position, -1)
  const at = writeVarint(target, position, bytes.length)
  return at + bytes.copy(target, at)
}

function writeHeaderKey(target: Buffer, position: number, key: HeaderKey): number {
  if (typeof key !== 'string') return writeNullable(target, position, key)
  const at = writeVarint(target, position, Buffer.byteLength(key, 'utf8'))
  return at + target.write(key, at, 'utf8')
}

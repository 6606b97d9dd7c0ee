import * as snappy from 'snappy'
import type { CompressionCodec } from '../compression-codec.ts'
import { unhonouredLevel } from './codec-level.ts'

/*
 * Two framings are in use. librdkafka and others write one raw snappy block. Java (xerial's SnappyOutputStream) writes
 *
 *   | 82 'SNAPPY' 00 | version int32 | compatible int32 | length int32 | raw block | length int32 | raw block | …
 *
 * where the header may come again in place of a length, when streams were concatenated. Brokers read both.
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
/** The block size of Java's producers. */
const XERIAL_BLOCK_BYTES = 32 * 1024

/** Handing out the library's own memory costs five times what copying it does. */
const COPIED = { copyOutputData: true }

export const snappyCodec: CompressionCodec = {
  decompress(stored, maxBytes) {
    const blocks = isXerial(stored, 0) ? xerialBlocks(stored) : [stored]
    assertBounded(blocks, maxBytes)
    const [only] = blocks
    return blocks.length === 1 && only !== undefined
      ? uncompressBlock(only)
      : Buffer.concat(blocks.map(uncompressBlock))
  },
  compress(payload, level) {
    if (level !== undefined) throw unhonouredLevel('snappy', level, 'it has no levels')
    const parts: Buffer[] = [XERIAL_HEADER]
    for (let at = 0; at < payload.length; at += XERIAL_BLOCK_BYTES) {
      const block = snappy.compressSync(payload.subarray(at, at + XERIAL_BLOCK_BYTES), COPIED)
      parts.push(int32(block.length), block)
    }
    return Buffer.concat(parts)
  },
}

function isXerial(stored: Buffer, at: number): boolean {
  return stored.length - at >= XERIAL_HEADER_BYTES && stored.compare(XERIAL_MAGIC, 0, 8, at, at + 8) === 0
}

function xerialBlocks(stored: Buffer): readonly Buffer[] {
  const blocks: Buffer[] = []
  let at = 0
  while (at < stored.length) {
    if (isXerial(stored, at)) {
      at += XERIAL_HEADER_BYTES
      continue
    }
    const length = stored.length - at < 4 ? -1 : stored.readInt32BE(at)
    if (length < 0 || length > stored.length - at - 4) throw new RangeError('a snappy block is cut short')
    blocks.push(stored.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return blocks
}

function assertBounded(blocks: readonly Buffer[], maxBytes: number): void {
  let total = 0
  for (const block of blocks) total += statedLength(block)
  if (total > maxBytes) throw new RangeError(`it states ${total} bytes, more than the ${maxBytes} allowed`)
}

/** A raw block begins with its uncompressed length as an unsigned varint of at most 32 bits. */
function statedLength(block: Buffer): number {
  let length = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return length
  }
  throw new RangeError('a snappy block has no length')
}

function uncompressBlock(block: Buffer): Buffer {
  const bytes = snappy.uncompressSync(block, COPIED)
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

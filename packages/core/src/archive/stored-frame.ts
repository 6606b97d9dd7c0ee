import { crc32c } from '@node-rs/crc32'
import { joinCrc32c } from '../batch/crc32c-join.ts'

/*
 * Frames that hold bytes as they are, for blocks that the producers have compressed already: they cost no CPU, and
 * standard readers take them like any other frame.
 *
 *   Zstandard (RFC 8878):  28 B5 2F FD | 80 | 38 | content size uint32 | ( block header uint24 | at most 128 KiB )…
 *       80: content size of 4 bytes, not a single segment, no checksum, no dictionary.  38: a window of 128 KiB.
 *   LZ4 (frame format 1.6): 04 22 4D 18 | 60 | 70 | 73 | ( block size uint32, high bit set | at most 4 MiB )… | 00000000
 *       60: version 1, independent blocks.  70: blocks of at most 4 MiB.  73: checksum of the two bytes before.
 */
const ZSTD_HEAD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x38])
const ZSTD_CONTENT_AT = ZSTD_HEAD.length + 4
const ZSTD_BLOCK_BYTES = 128 * 1024
const ZSTD_BLOCK_HEAD_BYTES = 3

const LZ4_HEAD = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73])
const LZ4_BLOCK_BYTES = 4 * 1024 * 1024
const LZ4_STORED_BLOCK = 0x8000_0000

/** Gives memory of some length, which need not be cleared. */
export type Allocate = (length: number) => Buffer

/** Bytes that follow each other in a content, and their checksum where it is known. */
export interface ContentPart {
  readonly length: number
  readonly crc32c?: number | undefined
}

/** A frame, and the checksum of all its bytes. */
export interface CheckedFrame {
  readonly bytes: Buffer
  readonly crc32c: number
}

/** How {@link storeInZstdFrame} is to go about it. */
export interface ZstdFrameOptions {
  readonly allocate?: Allocate | undefined
  /** What the content consists of; one part by default. */
  readonly parts?: readonly ContentPart[] | undefined
}

/**
 * A Zstandard frame of raw blocks. Each part begins a block, so that one that fits into a block, and whose checksum is
 * known, need not be read for that of the frame.
 */
export function storeInZstdFrame(
  content: Buffer,
  { allocate = Buffer.allocUnsafe, parts = [{ length: content.length }] }: ZstdFrameOptions = {},
): CheckedFrame {
  const pieces = parts.flatMap(piecesOf)
  const bytes = allocate(ZSTD_CONTENT_AT + pieces.length * ZSTD_BLOCK_HEAD_BYTES + content.length)
  ZSTD_HEAD.copy(bytes)
  bytes.writeUInt32LE(content.length, ZSTD_HEAD.length)
  let checksum = crc32c(bytes.subarray(0, ZSTD_CONTENT_AT))
  let [at, from] = [ZSTD_CONTENT_AT, 0]
  for (const [index, piece] of pieces.entries()) {
    const start = at + ZSTD_BLOCK_HEAD_BYTES
    const isLast = index === pieces.length - 1 ? 1 : 0
    bytes.writeUIntLE((piece.length << 3) | isLast, at, ZSTD_BLOCK_HEAD_BYTES)
    checksum = crc32c(bytes.subarray(at, start), checksum)
    at = start + piece.length
    // As `copy`, which V8 does in small pieces, five times as slowly, where memory is shared with a thread.
    if (piece.length > 0) bytes.fill(content.subarray(from, from + piece.length), start, at)
    checksum = checksumWith(checksum, bytes.subarray(start, at), piece.crc32c)
    from += piece.length
  }
  return { bytes, crc32c: checksum }
}

function piecesOf(part: ContentPart): readonly ContentPart[] {
  if (part.length <= ZSTD_BLOCK_BYTES) return [part]
  const count = Math.ceil(part.length / ZSTD_BLOCK_BYTES)
  return Array.from({ length: count }, (_, index) => {
    return { length: Math.min(ZSTD_BLOCK_BYTES, part.length - index * ZSTD_BLOCK_BYTES) }
  })
}

function checksumWith(checksum: number, piece: Buffer, known: number | undefined): number {
  if (known === undefined) return crc32c(piece, checksum)
  return joinCrc32c(checksum, { crc32c: known, length: piece.length })
}

/** The content of a frame of {@link storeInZstdFrame}; `undefined` for any other Zstandard frame. */
export function contentOfStoredZstdFrame(frame: Buffer): Buffer | undefined {
  if (frame.length < ZSTD_CONTENT_AT || frame.compare(ZSTD_HEAD, 0, ZSTD_HEAD.length, 0, ZSTD_HEAD.length) !== 0) {
    return undefined
  }
  const content = Buffer.allocUnsafe(Math.min(frame.readUInt32LE(ZSTD_HEAD.length), frame.length))
  let filled = 0
  for (let at = ZSTD_CONTENT_AT; at + ZSTD_BLOCK_HEAD_BYTES <= frame.length; ) {
    const head = frame.readUIntLE(at, ZSTD_BLOCK_HEAD_BYTES)
    const end = at + ZSTD_BLOCK_HEAD_BYTES + (head >> 3)
    if ((head & 0x6) !== 0 || end > frame.length) return undefined
    filled += frame.copy(content, filled, at + ZSTD_BLOCK_HEAD_BYTES, end)
    at = end
    if ((head & 1) === 1) return filled === content.length && end === frame.length ? content : undefined
  }
  return undefined
}

/** An LZ4 frame of uncompressed blocks. */
export function storeInLz4Frame(content: Buffer): CheckedFrame {
  const parts: Buffer[] = [LZ4_HEAD]
  for (let at = 0; at < content.length; at += LZ4_BLOCK_BYTES) {
    const bytes = content.subarray(at, at + LZ4_BLOCK_BYTES)
    parts.push(uint32(bytes.length + LZ4_STORED_BLOCK), bytes)
  }
  return checkedFrame(Buffer.concat([...parts, uint32(0)]))
}

/** A frame that was made whole. */
export function checkedFrame(bytes: Buffer): CheckedFrame {
  return { bytes, crc32c: crc32c(bytes) }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

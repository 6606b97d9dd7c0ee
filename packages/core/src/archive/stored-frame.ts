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

/** A Zstandard frame of raw blocks. */
export function storeInZstdFrame(content: Buffer, allocate: Allocate = Buffer.allocUnsafe): Buffer {
  const blockCount = Math.max(1, Math.ceil(content.length / ZSTD_BLOCK_BYTES))
  const frame = allocate(ZSTD_CONTENT_AT + blockCount * ZSTD_BLOCK_HEAD_BYTES + content.length)
  ZSTD_HEAD.copy(frame)
  frame.writeUInt32LE(content.length, ZSTD_HEAD.length)
  let at = ZSTD_CONTENT_AT
  for (let block = 0; block < blockCount; block++) {
    const bytes = content.subarray(block * ZSTD_BLOCK_BYTES, (block + 1) * ZSTD_BLOCK_BYTES)
    const isLast = block === blockCount - 1 ? 1 : 0
    frame.writeUIntLE((bytes.length << 3) | isLast, at, ZSTD_BLOCK_HEAD_BYTES)
    at += ZSTD_BLOCK_HEAD_BYTES
    // As `bytes.copy(frame, at)`, which V8 does in small pieces, five times as slowly, where memory is shared with a thread.
    if (bytes.length > 0) frame.fill(bytes, at, at + bytes.length)
    at += bytes.length
  }
  return frame
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
export function storeInLz4Frame(content: Buffer): Buffer {
  const parts: Buffer[] = [LZ4_HEAD]
  for (let at = 0; at < content.length; at += LZ4_BLOCK_BYTES) {
    const bytes = content.subarray(at, at + LZ4_BLOCK_BYTES)
    parts.push(uint32(bytes.length + LZ4_STORED_BLOCK), bytes)
  }
  return Buffer.concat([...parts, uint32(0)])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

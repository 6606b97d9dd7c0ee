/** Where one LZ4 frame ends, and how many bytes come out of it. */
export interface Lz4FrameExtent {
  readonly end: number
  /** At most: what the block headers allow. */
  readonly maxContentBytes: number
  /** Where its compressed blocks stand, for {@link lz4BlockContentBytes}. */
  readonly compressedBlocks: readonly Lz4Block[]
  /** A frame that readers pass over: user data, no content. */
  readonly skippable: boolean
}

export interface Lz4Block {
  readonly start: number
  readonly end: number
  readonly maxContentBytes: number
}

const FRAME_MAGIC = 0x184d_2204
const SKIPPABLE_MAGIC = 0x184d_2a50
const STORED_BLOCK = 0x8000_0000
/** No LZ4 sequence makes more than 255 bytes of one. */
const MAX_RATIO = 255
const MIN_MATCH_BYTES = 4

/**
 * Walks over the blocks of the frame at a position without decompressing them, to bound what it holds.
 *
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function lz4FrameExtent(bytes: Buffer, at: number): Lz4FrameExtent {
  const magic = uint32(bytes, at)
  if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
    return within(bytes, {
      end: at + 8 + uint32(bytes, at + 4),
      maxContentBytes: 0,
      compressedBlocks: [],
      skippable: true,
    })
  }
  if (magic !== FRAME_MAGIC) throw new RangeError('this is no LZ4 frame')
  return walkBlocks(bytes, at)
}

function walkBlocks(bytes: Buffer, at: number): Lz4FrameExtent {
  const flags = uint8(bytes, at + 4)
  const blockBytes = maxBlockBytes(uint8(bytes, at + 5))
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4
  let position = at + 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4)
  let maxContentBytes = 0
  const compressedBlocks: Lz4Block[] = []
  for (let header = uint32(bytes, position); header !== 0; header = uint32(bytes, position)) {
    const stored = header >= STORED_BLOCK
    const length = stored ? header - STORED_BLOCK : header
    const most = stored ? length : Math.min(blockBytes, length * MAX_RATIO)
    if (!stored) compressedBlocks.push({ start: position + 4, end: position + 4 + length, maxContentBytes: most })
    maxContentBytes += most
    position += 4 + length + blockChecksum
  }
  const contentChecksum = (flags & 0x04) === 0 ? 0 : 4
  return within(bytes, { end: position + 4 + contentChecksum, maxContentBytes, compressedBlocks, skippable: false })
}

/**
 * How many bytes come out of a compressed block, by its sequences: a token, literals, an offset, and a match, where a
 * length of 15 goes on in the bytes that follow.
 *
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function lz4BlockContentBytes(bytes: Buffer, { start, end }: Lz4Block): number {
  let contentBytes = 0
  for (let at = start; at < end; ) {
    const token = uint8(bytes, at)
    const literals = extendedLength(bytes, { at: at + 1, nibble: token >> 4 })
    contentBytes += literals.length
    at = literals.behind + literals.length
    if (at >= end) break
    const match = extendedLength(bytes, { at: at + 2, nibble: token & 0x0f })
    contentBytes += match.length + MIN_MATCH_BYTES
    at = match.behind
  }
  return contentBytes
}

function extendedLength(bytes: Buffer, { at, nibble }: { readonly at: number; readonly nibble: number }) {
  let length = nibble
  let behind = at
  for (let more = nibble === 15; more; ) {
    const byte = uint8(bytes, behind++)
    length += byte
    more = byte === 255
  }
  return { length, behind }
}

/** 64 KiB, 256 KiB, 1 MiB or 4 MiB, by three bits of the block descriptor. */
function maxBlockBytes(descriptor: number): number {
  const size = (descriptor >> 4) & 0x07
  if (size < 4) throw new RangeError('an LZ4 frame states a block size that cannot be')
  return 2 ** (8 + 2 * size)
}

function within(bytes: Buffer, extent: Lz4FrameExtent): Lz4FrameExtent {
  if (extent.end > bytes.length) throw new RangeError('an LZ4 frame is cut short')
  return extent
}

function uint32(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw new RangeError('an LZ4 frame is cut short')
  return bytes.readUInt32LE(at)
}

function uint8(bytes: Buffer, at: number): number {
  if (at >= bytes.length) throw new RangeError('an LZ4 frame is cut short')
  return bytes.readUInt8(at)
}

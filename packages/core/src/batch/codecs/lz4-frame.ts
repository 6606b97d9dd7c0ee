/** Where one LZ4 frame ends, and how many bytes can come out of it at most. */
export interface Lz4FrameExtent {
  readonly end: number
  readonly maxContentBytes: number
  /** A frame that readers pass over: user data, no content. */
  readonly skippable: boolean
}

const FRAME_MAGIC = 0x184d_2204
const SKIPPABLE_MAGIC = 0x184d_2a50
const STORED_BLOCK = 0x8000_0000
/** No LZ4 sequence makes more than 255 bytes of one. */
const MAX_RATIO = 255

/**
 * Walks over the blocks of the frame at a position without decompressing them, to bound what it holds.
 *
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function lz4FrameExtent(bytes: Buffer, at: number): Lz4FrameExtent {
  const magic = uint32(bytes, at)
  if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
    return within(bytes, { end: at + 8 + uint32(bytes, at + 4), maxContentBytes: 0, skippable: true })
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
  for (let header = uint32(bytes, position); header !== 0; header = uint32(bytes, position)) {
    const stored = header >= STORED_BLOCK
    const length = stored ? header - STORED_BLOCK : header
    maxContentBytes += stored ? length : Math.min(blockBytes, length * MAX_RATIO)
    position += 4 + length + blockChecksum
  }
  const contentChecksum = (flags & 0x04) === 0 ? 0 : 4
  return within(bytes, { end: position + 4 + contentChecksum, maxContentBytes, skippable: false })
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

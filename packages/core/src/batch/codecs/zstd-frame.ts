/** Where one Zstandard frame ends, and how many bytes can come out of it at most. */
export interface ZstdFrameExtent {
  readonly end: number
  readonly maxContentBytes: number
  /** A frame that readers pass over: user data, no content. */
  readonly skippable: boolean
}

const FRAME_MAGIC = 0xfd2f_b528
const SKIPPABLE_MAGIC = 0x184d_2a50
const MAX_BLOCK_BYTES = 128 * 1024
const FRAME_CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
const RAW_BLOCK = 0
const RLE_BLOCK = 1
const COMPRESSED_BLOCK = 2

/**
 * Walks over the blocks of the frame at a position without decompressing them, to bound what it holds: frames that were
 * written as a stream, as Java's producers do, state no content size.
 *
 * Source: RFC 8878, section 3.1.1
 */
export function zstdFrameExtent(bytes: Buffer, at: number): ZstdFrameExtent {
  const magic = uint(bytes, at, 4)
  if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
    return within(bytes, { end: at + 8 + uint(bytes, at + 4, 4), maxContentBytes: 0, skippable: true })
  }
  if (magic !== FRAME_MAGIC) throw new RangeError('this is no Zstandard frame')
  return walkBlocks(bytes, at)
}

function walkBlocks(bytes: Buffer, at: number): ZstdFrameExtent {
  const descriptor = uint(bytes, at + 4, 1)
  let position = at + frameHeaderBytes(descriptor)
  let maxContentBytes = 0
  for (let last = false; !last; ) {
    const header = uint(bytes, position, 3)
    const type = (header >> 1) & 0x03
    const size = header >> 3
    if (type > COMPRESSED_BLOCK || size > MAX_BLOCK_BYTES) throw new RangeError('a Zstandard block header is damaged')
    maxContentBytes += type === RAW_BLOCK || type === RLE_BLOCK ? size : MAX_BLOCK_BYTES
    position += 3 + (type === RLE_BLOCK ? 1 : size)
    last = (header & 1) === 1
  }
  const checksum = (descriptor & 0x04) === 0 ? 0 : 4
  return within(bytes, { end: position + checksum, maxContentBytes, skippable: false })
}

function frameHeaderBytes(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0
  const contentSizeFlag = descriptor >> 6
  const contentSize = singleSegment && contentSizeFlag === 0 ? 1 : (FRAME_CONTENT_SIZE_BYTES[contentSizeFlag] ?? 0)
  return 5 + (singleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 0x03] ?? 0) + contentSize
}

function within(bytes: Buffer, extent: ZstdFrameExtent): ZstdFrameExtent {
  if (extent.end > bytes.length) throw new RangeError('a Zstandard frame is cut short')
  return extent
}

function uint(bytes: Buffer, at: number, byteLength: number): number {
  if (at + byteLength > bytes.length) throw new RangeError('a Zstandard frame is cut short')
  return bytes.readUIntLE(at, byteLength)
}

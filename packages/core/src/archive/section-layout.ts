import { layoutOf } from './binary-layout.ts'

/*
 *   section  = header frame, block frames, index frame
 *   header frame = frame head | section header | topic name, UTF-8 | CRC-32C of what precedes it in the payload, uint32
 *   index frame  = frame head | index head | copy of the header frame's payload | block entries | omission entries | index trailer
 *
 * Both are skippable frames, which readers of Zstandard and of LZ4 pass over (RFC 8878, section 3.1.2). docs/format.md
 * tells the meaning of every field; a test holds its tables to these.
 */

export const SKIPPABLE_FRAME_MAGIC = 0x184d_2a50
export const FORMAT_VERSION = 1

export const frameHead = layoutOf([
  { name: 'frameMagic', type: 'uint32' },
  { name: 'payloadLength', type: 'uint32' },
])

export const SECTION_HEADER_MAGIC = 'KBSECHDR'

export const sectionHeaderLayout = layoutOf([
  { name: 'magic', type: 'magic' },
  { name: 'version', type: 'uint16' },
  { name: 'codec', type: 'uint8' },
  { name: 'reserved', type: 'uint8' },
  { name: 'archiveId', type: 'id' },
  { name: 'topicId', type: 'id' },
  { name: 'partition', type: 'uint32' },
  { name: 'lineage', type: 'uint32' },
  { name: 'startOffset', type: 'int64' },
  { name: 'topicLength', type: 'uint16' },
])

export const SECTION_INDEX_MAGIC = 'KBSECIDX'

export const indexHeadLayout = layoutOf([
  { name: 'magic', type: 'magic' },
  { name: 'version', type: 'uint16' },
  { name: 'reserved', type: 'uint16' },
  { name: 'headerLength', type: 'uint32' },
  { name: 'blockCount', type: 'uint32' },
  { name: 'omissionCount', type: 'uint32' },
  { name: 'nextOffset', type: 'int64' },
])

export const blockEntryLayout = layoutOf([
  { name: 'position', type: 'uint64' },
  { name: 'storedLength', type: 'uint32' },
  { name: 'length', type: 'uint32' },
  { name: 'crc32c', type: 'uint32' },
  { name: 'flags', type: 'uint32' },
  { name: 'firstOffset', type: 'int64' },
  { name: 'lastOffset', type: 'int64' },
  { name: 'records', type: 'uint64' },
  { name: 'absent', type: 'uint64' },
  { name: 'maxTimestamp', type: 'int64' },
  { name: 'minTimestamp', type: 'int64' },
])

/** Bits of a block entry's flags; a time without its bit is written as 0. */
export const MAX_TIMESTAMP_KNOWN = 0x1
export const MIN_TIMESTAMP_KNOWN = 0x2

export const omissionLayout = layoutOf([
  { name: 'startOffset', type: 'int64' },
  { name: 'nextOffset', type: 'int64' },
  { name: 'reason', type: 'uint32' },
  { name: 'reserved', type: 'uint32' },
])

export const SECTION_END_MAGIC = 'KBSECEND'

export const indexTrailerLayout = layoutOf([
  { name: 'crc32c', type: 'uint32' },
  { name: 'frameLength', type: 'uint32' },
  { name: 'sectionLength', type: 'uint64' },
  { name: 'magic', type: 'magic' },
])

/** In the order of their numbers in the header. */
export const SECTION_CODECS = ['none', 'zstd', 'lz4'] as const

/** In the order of their numbers in an omission entry. */
export const OMISSION_REASONS = ['compacted', 'marker', 'aborted'] as const

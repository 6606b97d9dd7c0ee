import { crc32c } from '@node-rs/crc32'
import type { BlockEntry, Omission, SectionIndex } from './section.ts'
import { readSectionHeader, writeSectionHeader } from './section-header.ts'
import {
  blockEntryLayout,
  FORMAT_VERSION,
  frameHead,
  indexHeadLayout,
  indexTrailerLayout,
  MAX_TIMESTAMP_KNOWN,
  MIN_TIMESTAMP_KNOWN,
  OMISSION_REASONS,
  omissionLayout,
  SECTION_END_MAGIC,
  SECTION_INDEX_MAGIC,
} from './section-layout.ts'
import { readSkippableFrame, writeSkippableFrame } from './skippable-frame.ts'

/** The index frame of a section; `position` is where it begins in the section. */
export function writeSectionIndex(index: SectionIndex, position: number): Buffer {
  const header = writeSectionHeader(index.header)
  const head = indexHeadLayout.write({
    magic: SECTION_INDEX_MAGIC,
    version: FORMAT_VERSION,
    reserved: 0,
    headerLength: header.length,
    blockCount: index.blocks.length,
    omissionCount: index.omissions.length,
    nextOffset: index.nextOffset,
  })
  const vouched = Buffer.concat([head, header, ...index.blocks.map(writeBlock), ...index.omissions.map(writeOmission)])
  const frameLength = frameHead.length + vouched.length + indexTrailerLayout.length
  const trailer = indexTrailerLayout.write({
    crc32c: crc32c(vouched),
    frameLength,
    sectionLength: position + frameLength,
    magic: SECTION_END_MAGIC,
  })
  return writeSkippableFrame(Buffer.concat([vouched, trailer]))
}

function writeBlock({ minTimestamp, maxTimestamp, ...block }: BlockEntry): Buffer {
  const flags = (maxTimestamp === null ? 0 : MAX_TIMESTAMP_KNOWN) | (minTimestamp === null ? 0 : MIN_TIMESTAMP_KNOWN)
  return blockEntryLayout.write({
    ...block,
    flags,
    maxTimestamp: maxTimestamp ?? 0n,
    minTimestamp: minTimestamp ?? 0n,
  })
}

function writeOmission({ reason, ...range }: Omission): Buffer {
  return omissionLayout.write({ ...range, reason: OMISSION_REASONS.indexOf(reason), reserved: 0 })
}

/** Where an index frame lies in its section. */
export interface IndexPlace {
  readonly position: number
  readonly sectionLength: number
}

/** Reads the index frame of a section, and checks all of its numbers; `RangeError` where they cannot be. */
export function readSectionIndexFrame(frame: Buffer, place: IndexPlace): SectionIndex {
  const payload = readSkippableFrame(frame)
  const vouched = payload.subarray(0, Math.max(payload.length - indexTrailerLayout.length, 0))
  assertTrailer(payload, vouched, place)
  const head = indexHeadLayout.read(vouched, 0)
  if (head.magic !== SECTION_INDEX_MAGIC || head.version !== FORMAT_VERSION || head.reserved !== 0) {
    throw new RangeError('it does not begin as the index of a section of format 1')
  }
  const blocksAt = indexHeadLayout.length + head.headerLength
  const omissionsAt = blocksAt + head.blockCount * blockEntryLayout.length
  if (omissionsAt + head.omissionCount * omissionLayout.length !== vouched.length) {
    throw new RangeError('its counts do not fit its length')
  }
  const index: SectionIndex = {
    header: readSectionHeader(vouched.subarray(indexHeadLayout.length, blocksAt)),
    nextOffset: head.nextOffset,
    blocks: rows(head.blockCount, (number) => readBlock(vouched, blocksAt + number * blockEntryLayout.length)),
    omissions: rows(head.omissionCount, (number) =>
      readOmission(vouched, omissionsAt + number * omissionLayout.length),
    ),
  }
  assertBlocksAreAdjacent(index, { start: frameHead.length + head.headerLength, end: place.position })
  assertOffsetsAreAccountedFor(index)
  return index
}

function rows<Row>(count: number, read: (number: number) => Row): readonly Row[] {
  return Array.from({ length: count }, (_, number) => read(number))
}

function assertTrailer(payload: Buffer, vouched: Buffer, { position, sectionLength }: IndexPlace): void {
  const trailer = indexTrailerLayout.read(payload, vouched.length)
  if (trailer.magic !== SECTION_END_MAGIC || trailer.crc32c !== crc32c(vouched)) {
    throw new RangeError('it differs from its CRC-32C')
  }
  if (trailer.sectionLength !== sectionLength || trailer.frameLength !== sectionLength - position) {
    throw new RangeError('it is not the index of a section of that length')
  }
}

function readBlock(source: Buffer, at: number): BlockEntry {
  const { flags, maxTimestamp, minTimestamp, ...block } = blockEntryLayout.read(source, at)
  return {
    ...block,
    maxTimestamp: (flags & MAX_TIMESTAMP_KNOWN) === 0 ? null : maxTimestamp,
    minTimestamp: (flags & MIN_TIMESTAMP_KNOWN) === 0 ? null : minTimestamp,
  }
}

function readOmission(source: Buffer, at: number): Omission {
  const { startOffset, nextOffset, reason } = omissionLayout.read(source, at)
  const name = OMISSION_REASONS[reason]
  if (name === undefined) throw new RangeError(`an omission has reason ${reason}`)
  return { startOffset, nextOffset, reason: name }
}

function assertBlocksAreAdjacent({ blocks }: SectionIndex, { start, end }: { start: number; end: number }): void {
  let next = start
  for (const block of blocks) {
    if (block.position !== next || block.storedLength === 0 || block.length === 0) {
      throw new RangeError(`a block lies at ${block.position}, not at ${next}, or is empty`)
    }
    next += block.storedLength
  }
  if (next !== end) throw new RangeError(`its blocks end at ${next}, not at ${end}`)
}

/**
 * Every offset in `[startOffset, nextOffset)` is a record, absent from a batch that spans it, or in an omission:
 *
 *     start                                             next
 *     |  [ batch  batch ]  marker  [ batch … batch ] compacted |
 *        records + absent   1         records + absent    n        sum = next − start
 */
function assertOffsetsAreAccountedFor({ header, nextOffset, blocks, omissions }: SectionIndex): void {
  const spans = [
    ...blocks.map(({ firstOffset, lastOffset }) => ({ first: firstOffset, next: lastOffset + 1n })),
    ...omissions.map(({ startOffset, nextOffset: next }) => ({ first: startOffset, next })),
  ]
  if (spans.some(({ first, next }) => next <= first)) throw new RangeError('it has a range of offsets that is empty')
  assertInOrder(blocks.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset + 1n]))
  assertInOrder(omissions.map(({ startOffset, nextOffset: next }) => [startOffset, next]))
  const inBlocks = blocks.reduce((sum, { records, absent }) => sum + BigInt(records) + BigInt(absent), 0n)
  const omitted = omissions.reduce((sum, omission) => sum + omission.nextOffset - omission.startOffset, 0n)
  if (inBlocks + omitted !== nextOffset - header.startOffset) {
    throw new RangeError(`it accounts for ${inBlocks + omitted} offsets of ${nextOffset - header.startOffset}`)
  }
}

function assertInOrder(ranges: readonly (readonly [first: bigint, next: bigint])[]): void {
  let end: bigint | undefined
  for (const [first, next] of ranges) {
    if (end !== undefined && first < end) throw new RangeError(`it goes back to offset ${first}`)
    end = next
  }
}

import { crc32c } from '@node-rs/crc32'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobCallOptions, ByteRange } from '../storage/blob-store.ts'
import { decompressBlock } from './block-codec.ts'
import type { SectionEntry } from './commit.ts'
import { damagedObject, sha256Hex } from './json-object.ts'
import { type BlobReader, readSoundly } from './read-soundly.ts'
import type { BlockEntry, SectionIndex } from './section.ts'
import { readSectionIndexFrame } from './section-index.ts'
import { totalsOf } from './section-totals.ts'

/**
 * Reads the index of a section with one range read, holds it to the digest that the commit states, and checks its numbers.
 *
 * @throws KbackupError `KB_ARCHIVE_DAMAGED`, naming the object, where it is missing, too short, or not what the commit says.
 */
export async function readSectionIndex(
  store: BlobReader,
  entry: SectionEntry,
  options: BlobCallOptions = {},
): Promise<SectionIndex> {
  return parseIndex(await readIndexFrame(store, entry, options), entry)
}

/** The bytes of the index of a section, which are those that the commit vouches for. */
export function readIndexFrame(store: BlobReader, entry: SectionEntry, { signal }: BlobCallOptions): Promise<Buffer> {
  const { position, length, sha256 } = entry.index
  return readSoundly(store, async (reader) => {
    const frame = await readRange(reader, entry, { range: { start: position, end: position + length }, signal })
    if (sha256Hex(frame) === sha256) return frame
    throw damagedObject(entry.key, 'the index of its section differs from the commit')
  })
}

/** Reads an index frame that was found to be the one that the commit vouches for. */
export function parseIndex(frame: Buffer, entry: SectionEntry): SectionIndex {
  const place = { position: entry.index.position - entry.position, sectionLength: entry.length }
  const index = readParts(entry, 'index', () => readSectionIndexFrame(frame, place))
  const fault = identityFault(index, entry)
  if (fault !== undefined) throw damagedObject(entry.key, `its index is that of another ${fault}`)
  return index
}

/**
 * Reads a run of adjacent blocks with one range read, and gives the log bytes of each.
 *
 * The checksum of the stored bytes is checked before they are decompressed, and what comes out is as long as the index says.
 *
 * @throws KbackupError `KB_ARCHIVE_DAMAGED`, naming the object; `KB_INTERNAL` where the blocks are not adjacent.
 */
export async function readBlocks(
  store: BlobReader,
  entry: SectionEntry,
  blocks: readonly BlockEntry[],
  { signal }: BlobCallOptions = {},
): Promise<readonly Buffer[]> {
  const range = rangeOf(entry, blocks)
  if (range === undefined) return []
  const logs = await readSoundly(store, async (reader) => {
    const bytes = await readRange(reader, entry, { range, signal })
    return Promise.all(
      blocks.map((block) => {
        const start = entry.position + block.position - range.start
        return readBlock(bytes.subarray(start, start + block.storedLength), { block, entry })
      }),
    )
  })
  signal?.throwIfAborted()
  return logs
}

/** Takes the stored bytes of one block apart, after its checksum was found right. */
export async function readBlock(
  stored: Buffer,
  { block, entry }: { readonly block: BlockEntry; readonly entry: SectionEntry },
): Promise<Buffer> {
  assertBlockChecksum(stored, { block, entry })
  try {
    return await decompressBlock(stored, { codec: entry.codec, length: block.length })
  } catch (cause) {
    throw damagedObject(entry.key, `${blockPlace(entry, block)} cannot be decompressed`, { cause })
  }
}

/** Holds the stored bytes of a block to the index. */
export function assertBlockChecksum(
  stored: Buffer,
  { block, entry }: { readonly block: BlockEntry; readonly entry: SectionEntry },
): void {
  if (crc32c(stored) === block.crc32c) return
  throw damagedObject(entry.key, `${blockPlace(entry, block)} differs from its CRC-32C`)
}

function blockPlace(entry: SectionEntry, block: BlockEntry): string {
  return `its block at byte ${entry.position + block.position}`
}

function rangeOf(entry: SectionEntry, blocks: readonly BlockEntry[]): ByteRange | undefined {
  const [first] = blocks
  if (first === undefined) return undefined
  let end = first.position
  for (const block of blocks) {
    if (block.position !== end) throw new KbackupError('KB_INTERNAL', { message: 'blocks to read are not adjacent' })
    end += block.storedLength
  }
  return { start: entry.position + first.position, end: entry.position + end }
}

/** A range of the object of a section; that it is missing or too short is damage. */
export async function readRange(
  store: BlobReader,
  { key }: Pick<SectionEntry, 'key'>,
  { range, signal }: { readonly range: ByteRange; readonly signal: AbortSignal | undefined },
): Promise<Buffer> {
  try {
    return await store.get(key, { range, signal })
  } catch (cause) {
    if (KbackupError.is(cause, 'KB_BLOB_NOT_FOUND')) throw damagedObject(key, 'it is missing', { cause })
    if (KbackupError.is(cause, 'KB_BLOB_RANGE')) throw damagedObject(key, 'it is too short', { cause })
    throw cause
  }
}

/** What a reader of bytes throws of itself (`RangeError`) becomes damage of the object. */
export function readParts<T>({ key }: Pick<SectionEntry, 'key'>, part: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw damagedObject(key, `its ${part} cannot be read: ${cause.message}`, { cause })
  }
}

function identityFault({ header, nextOffset, blocks }: SectionIndex, entry: SectionEntry): string | undefined {
  if (header.topic !== entry.topic || header.partition !== entry.partition) return 'partition'
  if (header.topicId !== entry.topicId || header.lineage !== entry.lineage) return 'lineage'
  if (header.startOffset !== entry.startOffset || nextOffset !== entry.nextOffset) return 'range of offsets'
  if (header.codec !== entry.codec) return 'codec'
  const totals = totalsOf(blocks)
  if (totals.records !== entry.records || totals.logBytes !== entry.logBytes) return 'number of records or bytes'
  const { minTimestamp, maxTimestamp } = totals
  return minTimestamp === entry.minTimestamp && maxTimestamp === entry.maxTimestamp ? undefined : 'range of times'
}

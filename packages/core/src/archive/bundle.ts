import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import {
  BUNDLE_END_MAGIC,
  BUNDLE_MAGIC,
  directoryEntryLayout,
  directoryHeadLayout,
  directoryTrailerLayout,
} from './bundle-layout.ts'
import type { SectionEntry, VouchedBytes } from './commit.ts'
import { damagedObject, sha256Hex } from './json-object.ts'
import { type BlobReader, readSoundly } from './read-soundly.ts'
import type { SealedSection } from './section.ts'
import { FORMAT_VERSION, frameHead } from './section-layout.ts'
import { readParts, readRange } from './section-reader.ts'
import { readSkippableFrame, writeSkippableFrame } from './skippable-frame.ts'

/** A section that was built into memory. */
export interface BuiltSection {
  readonly bytes: Uint8Array
  readonly sealed: SealedSection
}

/** An object of many sections, and what a commit says of each. */
export interface SealedBundle {
  readonly bytes: Buffer
  readonly entries: readonly SectionEntry[]
}

/** Where a section lies in a bundle, and what its bytes are; positions count from the start of the object. */
export interface BundledSection extends VouchedBytes {
  readonly index: VouchedBytes
}

/** What the directory at the end of a bundle says. */
export interface BundleDirectory {
  readonly archiveId: string
  /** In the order in which they lie there, without space between them. */
  readonly sections: readonly BundledSection[]
  /** The directory frame itself. */
  readonly position: number
  readonly length: number
}

/** Puts sections one behind the other, and a directory behind them. */
export function sealBundle(
  sections: readonly BuiltSection[],
  { archiveId, key }: { readonly archiveId: string; readonly key: string },
): SealedBundle {
  let position = 0
  const entries = sections.map(({ sealed }) => {
    const start = position
    position += sealed.length
    return { key, ...sealed, position: start, index: { ...sealed.index, position: start + sealed.index.position } }
  })
  const bytes = Buffer.concat([...sections.map((section) => section.bytes), writeDirectory(archiveId, entries)])
  return { bytes, entries }
}

/** The length of the directory frame of so many sections. */
export function directoryLength(sectionCount: number): number {
  const entries = sectionCount * directoryEntryLayout.length
  return frameHead.length + directoryHeadLayout.length + entries + directoryTrailerLayout.length
}

function writeDirectory(archiveId: string, sections: readonly BundledSection[]): Buffer {
  const head = directoryHeadLayout.write({
    magic: BUNDLE_MAGIC,
    version: FORMAT_VERSION,
    reserved: 0,
    sectionCount: sections.length,
    archiveId,
  })
  const vouched = Buffer.concat([head, ...sections.map(writeEntry)])
  const trailer = directoryTrailerLayout.write({
    sha256: sha256Hex(vouched),
    frameLength: directoryLength(sections.length),
    magic: BUNDLE_END_MAGIC,
  })
  return writeSkippableFrame(Buffer.concat([vouched, trailer]))
}

function writeEntry({ position, length, sha256, index }: BundledSection): Buffer {
  return directoryEntryLayout.write({
    position,
    length,
    sha256,
    indexPosition: index.position,
    indexLength: index.length,
    indexSha256: index.sha256,
  })
}

/**
 * Reads the directory of a bundle with two range reads; `objectLength` is what `head` or `list` say of the object.
 *
 * @throws KbackupError `KB_ARCHIVE_DAMAGED` where the object does not end in a sound directory.
 */
export function readBundleDirectory(
  store: BlobStore,
  bundle: { readonly key: string; readonly objectLength: number },
  options: BlobCallOptions = {},
): Promise<BundleDirectory> {
  return readSoundly(store, (reader) => readDirectoryOnce(reader, bundle, options))
}

async function readDirectoryOnce(
  store: BlobReader,
  { key, objectLength }: { readonly key: string; readonly objectLength: number },
  { signal }: BlobCallOptions,
): Promise<BundleDirectory> {
  const trailerLength = directoryTrailerLayout.length
  if (objectLength < trailerLength) throw damagedObject(key, 'it is too short for a bundle')
  const tail = await readRange(
    store,
    { key },
    { range: { start: objectLength - trailerLength, end: objectLength }, signal },
  )
  const position = readParts({ key }, 'directory', () => directoryStart(tail, objectLength))
  const frame = await readRange(store, { key }, { range: { start: position, end: objectLength }, signal })
  return readParts({ key }, 'directory', () => readDirectory(frame, position))
}

function directoryStart(tail: Buffer, objectLength: number): number {
  const { magic, frameLength } = directoryTrailerLayout.read(tail, 0)
  if (magic !== BUNDLE_END_MAGIC) throw new RangeError('the object does not end as a bundle')
  if (frameLength > objectLength) throw new RangeError('it is longer than the object')
  return objectLength - frameLength
}

function readDirectory(frame: Buffer, position: number): BundleDirectory {
  const payload = readSkippableFrame(frame)
  const vouched = payload.subarray(0, Math.max(payload.length - directoryTrailerLayout.length, 0))
  const { sha256, frameLength } = directoryTrailerLayout.read(payload, vouched.length)
  if (frameLength !== frame.length || sha256 !== sha256Hex(vouched)) throw new RangeError('it differs from its SHA-256')
  const { magic, version, sectionCount, archiveId } = directoryHeadLayout.read(vouched, 0)
  if (magic !== BUNDLE_MAGIC || version !== FORMAT_VERSION) throw new RangeError('it is not one of format 1')
  const entriesLength = vouched.length - directoryHeadLayout.length
  if (entriesLength !== sectionCount * directoryEntryLayout.length)
    throw new RangeError('its count does not fit its length')
  const sections = Array.from({ length: sectionCount }, (_, number) => readEntry(vouched, number))
  assertAdjacent(sections, position)
  return { archiveId, sections, position, length: frame.length }
}

function readEntry(vouched: Buffer, number: number): BundledSection {
  const at = directoryHeadLayout.length + number * directoryEntryLayout.length
  const { indexPosition, indexLength, indexSha256, ...section } = directoryEntryLayout.read(vouched, at)
  return { ...section, index: { position: indexPosition, length: indexLength, sha256: indexSha256 } }
}

function assertAdjacent(sections: readonly BundledSection[], end: number): void {
  let next = 0
  for (const { position, length, index } of sections) {
    const isInside = index.position > position && index.position + index.length === position + length
    if (position !== next || !isInside) throw new RangeError('its sections do not lie end to end')
    next += length
  }
  if (next !== end) throw new RangeError('its sections do not reach to it')
}

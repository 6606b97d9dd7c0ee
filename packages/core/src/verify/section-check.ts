import { createHash, type Hash } from 'node:crypto'
import { crc32c } from '@node-rs/crc32'
import type { SectionEntry } from '../archive/commit.ts'
import { damagedObject } from '../archive/json-object.ts'
import type { BlockEntry, SectionIndex } from '../archive/section.ts'
import { writeSectionHeader } from '../archive/section-header.ts'
import { type BlobReader, readBlock, readRange, readSectionIndex } from '../archive/section-reader.ts'
import { writeSkippableFrame } from '../archive/skippable-frame.ts'
import type { ByteRange } from '../storage/blob-store.ts'
import { RecordCheck } from './record-check.ts'
import type { Verification } from './verification.ts'

/** No read is longer, and so no verification holds more of a section, unless a single block is. */
const MAX_READ_BYTES = 8 * 1024 * 1024

/**
 * Holds one section to its entry: the index to the commit, each block to the index, all of it to the SHA-256, and at depth
 * `records` the records to the counts, offsets and times that are stated. Returns the number of records.
 *
 * @throws KbackupError at the first thing that is not as it should be.
 */
export async function checkSection(
  verification: Verification,
  { entry, archiveId, reader }: VerifiedSection,
): Promise<number> {
  const index = await readSectionIndex(reader, entry, verification)
  if (archiveId !== undefined && index.header.archiveId !== archiveId) {
    throw damagedObject(entry.key, 'its section belongs to another archive')
  }
  const sha256 = createHash('sha256')
  const check = { verification, reader, entry, sha256 }
  await checkHeader(check, index)
  const records = await checkBlocks(check, index)
  const { position, length } = entry.index
  sha256.update(await read(check, { start: position, end: position + length }))
  if (sha256.digest('hex') === entry.sha256) return records
  throw damagedObject(entry.key, 'its section differs from the SHA-256 in the commit')
}

/** A section to be held to its entry. */
export interface VerifiedSection {
  readonly entry: SectionEntry
  /** Of the archive; unknown where what says so is damaged. */
  readonly archiveId: string | undefined
  readonly reader: BlobReader
}

interface Reading {
  readonly verification: Verification
  readonly reader: BlobReader
  readonly entry: Pick<SectionEntry, 'key'>
}

interface SectionCheck extends Reading {
  readonly entry: SectionEntry
  readonly sha256: Hash
}

async function checkHeader(check: SectionCheck, { header }: SectionIndex): Promise<void> {
  const { entry, sha256 } = check
  const expected = writeSkippableFrame(writeSectionHeader(header))
  const found = await read(check, { start: entry.position, end: entry.position + expected.length })
  sha256.update(found)
  if (!found.equals(expected)) throw damagedObject(entry.key, 'the header of its section differs from the index')
}

async function checkBlocks(check: SectionCheck, index: SectionIndex): Promise<number> {
  const { verification, entry, sha256 } = check
  const records = new RecordCheck(entry, index)
  for (const run of runsOf(index.blocks)) {
    verification.signal?.throwIfAborted()
    const start = entry.position + (run[0]?.position ?? 0)
    const length = run.reduce((sum, { storedLength }) => sum + storedLength, 0)
    const bytes = await read(check, { start, end: start + length })
    sha256.update(bytes)
    for (const block of run) {
      const at = entry.position + block.position - start
      await checkBlock(bytes.subarray(at, at + block.storedLength), { verification, entry, block, records })
    }
  }
  if (verification.depth === 'records') records.finish()
  return entry.records
}

async function checkBlock(
  stored: Buffer,
  parts: { verification: Verification; entry: SectionEntry; block: BlockEntry; records: RecordCheck },
): Promise<void> {
  const { verification, entry, block, records } = parts
  if (verification.depth === 'records') return records.take(block, await readBlock(stored, { block, entry }))
  if (crc32c(stored) === block.crc32c) return
  throw damagedObject(entry.key, `its block at byte ${entry.position + block.position} differs from its CRC-32C`)
}

function* runsOf(blocks: readonly BlockEntry[]): Generator<readonly BlockEntry[], void, void> {
  let run: BlockEntry[] = []
  let length = 0
  for (const block of blocks) {
    if (run.length > 0 && length + block.storedLength > MAX_READ_BYTES) {
      yield run
      run = []
      length = 0
    }
    run.push(block)
    length += block.storedLength
  }
  if (run.length > 0) yield run
}

async function read({ verification, reader, entry }: Reading, range: ByteRange): Promise<Buffer> {
  const bytes = await readRange(reader, entry, { range, signal: verification.signal })
  verification.noteRead(bytes.length)
  return bytes
}

/** The SHA-256 of any part of an object, read in pieces. */
export async function digestOf(verification: Verification, key: string, { start, end }: ByteRange): Promise<string> {
  const reading = { verification, reader: verification.store, entry: { key } }
  const sha256 = createHash('sha256')
  for (let at = start; at < end; at += MAX_READ_BYTES) {
    sha256.update(await read(reading, { start: at, end: Math.min(at + MAX_READ_BYTES, end) }))
  }
  return sha256.digest('hex')
}

import { createHash, type Hash } from 'node:crypto'
import type { SectionEntry } from '../archive/commit.ts'
import { damagedObject } from '../archive/json-object.ts'
import { type BlobReader, readSoundly } from '../archive/read-soundly.ts'
import type { BlockEntry, SectionIndex } from '../archive/section.ts'
import { writeSectionHeader } from '../archive/section-header.ts'
import {
  assertBlockChecksum,
  readBlock,
  readIndexFrame,
  readRange,
  readSectionIndex,
} from '../archive/section-reader.ts'
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
  sha256.update(await readIndexFrame(reader, entry, verification))
  verification.noteRead(entry.index.length)
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
  const range = { start: entry.position, end: entry.position + expected.length }
  await readSoundly(check.reader, async (reader) => {
    const found = await read({ ...check, reader }, range)
    if (!found.equals(expected)) throw damagedObject(entry.key, 'the header of its section differs from the index')
  })
  sha256.update(expected)
}

async function checkBlocks(check: SectionCheck, index: SectionIndex): Promise<number> {
  const { verification, entry, sha256 } = check
  const records = new RecordCheck(entry, index)
  for (const run of runsOf(index.blocks)) {
    verification.signal?.throwIfAborted()
    for (const { block, stored } of await readRun(check, run)) {
      sha256.update(stored)
      if (verification.depth === 'records') await records.take(block, await readBlock(stored, { block, entry }))
    }
  }
  if (verification.depth === 'records') records.finish()
  return entry.records
}

interface StoredBlock {
  readonly block: BlockEntry
  readonly stored: Buffer
}

/** Adjacent blocks, whose checksums are right. */
function readRun(check: SectionCheck, run: readonly BlockEntry[]): Promise<readonly StoredBlock[]> {
  const { entry } = check
  const start = entry.position + (run[0]?.position ?? 0)
  const length = run.reduce((sum, { storedLength }) => sum + storedLength, 0)
  return readSoundly(check.reader, async (reader) => {
    const bytes = await read({ ...check, reader }, { start, end: start + length })
    return run.map((block) => {
      const at = entry.position + block.position - start
      const stored = bytes.subarray(at, at + block.storedLength)
      assertBlockChecksum(stored, { block, entry })
      return { block, stored }
    })
  })
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

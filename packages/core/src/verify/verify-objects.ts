import {
  archiveInfoKey,
  bundlesPrefix,
  commitsPrefix,
  manifestKey,
  pinsPrefix,
  restoresPrefix,
  snapshotsPrefix,
} from '../archive/archive-keys.ts'
import { directoryLength, readBundleDirectory } from '../archive/bundle.ts'
import type { SectionEntry } from '../archive/commit.ts'
import { damagedObject, openJson } from '../archive/json-object.ts'
import { readPin } from '../archive/pins.ts'
import { readSoundly } from '../archive/read-soundly.ts'
import { SectionWindows } from '../archive/section-windows.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import { OFFSETS_TOPIC } from '../offsets/offsets-topic-record.ts'
import { checkSection, digestOf } from './section-check.ts'
import type { Verification } from './verification.ts'
import type { VerifiedHistory } from './verify-history.ts'

/** Objects that are read at once; each holds up to two reads in memory, or eight windows over small sections. */
const CONCURRENCY = 4

/** Records that are sound. */
export interface SoundRecords {
  readonly records: number
  /** Of these, the records of `__consumer_offsets`. */
  readonly offsetsTopicRecords: number
}

const NO_RECORDS: SoundRecords = { records: 0, offsetsTopicRecords: 0 }

/** Holds the objects that sections lie in to the commits. */
export async function verifySections(verification: Verification, history: VerifiedHistory): Promise<SoundRecords> {
  const counts = await mapConcurrently(
    sectionsByKey(history.sections),
    { concurrency: CONCURRENCY, signal: verification.signal },
    async ([key, sections]) => {
      const records = await verifyObject(verification, { key, sections, archiveId: history.archiveId })
      verification.noteObject()
      return records
    },
  )
  return counts.reduce(addRecords, NO_RECORDS)
}

function recordsOf({ topic }: SectionEntry, records: number): SoundRecords {
  return { records, offsetsTopicRecords: topic === OFFSETS_TOPIC ? records : 0 }
}

function addRecords(left: SoundRecords, right: SoundRecords): SoundRecords {
  return {
    records: left.records + right.records,
    offsetsTopicRecords: left.offsetsTopicRecords + right.offsetsTopicRecords,
  }
}

function sectionsByKey(sections: readonly SectionEntry[]): ReadonlyMap<string, readonly SectionEntry[]> {
  const byKey = new Map<string, SectionEntry[]>()
  for (const section of sections) {
    const known = byKey.get(section.key)
    if (known === undefined) byKey.set(section.key, [section])
    else known.push(section)
  }
  return byKey
}

interface SectionObject {
  readonly key: string
  readonly sections: readonly SectionEntry[]
  readonly archiveId: string | undefined
}

async function verifyObject(verification: Verification, object: SectionObject): Promise<SoundRecords> {
  const { key, sections } = object
  const needed = sections.reduce((end, { position, length }) => Math.max(end, position + length), 0)
  const size = await sizeOf(verification, key, needed)
  if (size === undefined) {
    verification.findings.damage('missing', { key, message: `${key} is missing`, partitions: sections })
    return NO_RECORDS
  }
  if (size < needed) {
    const message = `${key} has ${size} bytes; the commits name bytes up to ${needed}`
    verification.findings.damage('truncated', { key, message, partitions: sections })
  }
  const isBundle = size > needed || sections.length > 1 || key.startsWith(bundlesPrefix(verification.backupId))
  if (isBundle) await verification.check(key, () => checkListedBundle(verification, object, size), sections)
  if (verification.depth === 'objects') {
    return sections.map((entry) => recordsOf(entry, entry.records)).reduce(addRecords, NO_RECORDS)
  }
  return checkSections(verification, object)
}

/** The length of an object; asked of the object itself where the listing has less than the commits: it may have arrived damaged. */
async function sizeOf(
  { objects, store, signal }: Verification,
  key: string,
  needed: number,
): Promise<number | undefined> {
  const listed = objects.get(key)
  return listed !== undefined && listed >= needed ? listed : (await store.head(key, { signal }))?.size
}

async function checkSections(
  verification: Verification,
  { key, sections, archiveId }: SectionObject,
): Promise<SoundRecords> {
  const { store, signal } = verification
  const reader = new SectionWindows({ store, sections, signal })
  let sound = NO_RECORDS
  for (const entry of sections.toSorted((left, right) => left.position - right.position)) {
    const check = () => checkSection(verification, { entry, archiveId, reader })
    sound = addRecords(sound, recordsOf(entry, (await verification.check(key, check, [entry])) ?? 0))
  }
  return sound
}

/** The directory is found from the end: where none is there, the length is asked of the object itself. */
async function checkListedBundle(verification: Verification, object: SectionObject, size: number): Promise<void> {
  try {
    await checkBundle(verification, object, size)
  } catch (error) {
    if (!KbackupError.is(error, 'KB_ARCHIVE_DAMAGED')) throw error
    const found = await verification.store.head(object.key, { signal: verification.signal })
    if (found === undefined || found.size === size) throw error
    await checkBundle(verification, object, found.size)
  }
}

/**
 * The directory must say what the commits say; sections that no commit names are held to the directory alone. The length
 * tells that the object is whole where the commits name all of its sections; else its directory does.
 */
async function checkBundle(
  verification: Verification,
  { key, sections, archiveId }: SectionObject,
  size: number,
): Promise<void> {
  const end = sections.reduce((sum, { length }) => sum + length, 0)
  if (verification.depth === 'objects' && size === end + directoryLength(sections.length)) return
  const directory = await readBundleDirectory(verification.store, { key, objectLength: size }, verification)
  if (archiveId !== undefined && directory.archiveId !== archiveId)
    throw damagedObject(key, 'it belongs to another archive')
  if (verification.depth === 'objects') return
  const named = new Map(sections.map((section) => [section.position, section]))
  for (const { position, length, sha256 } of directory.sections) {
    const section = named.get(position)
    await readSoundly(verification.store, async () => {
      const found = section?.sha256 ?? (await digestOf(verification, key, { start: position, end: position + length }))
      if (found !== sha256) throw damagedObject(key, `its section at byte ${position} differs from the directory`)
    })
    named.delete(position)
  }
  if (named.size > 0) throw damagedObject(key, 'its directory does not name a section that a commit names')
}

/** Everything beside sections and history: pins, what restores left, and what nothing names. */
export async function verifyOtherObjects(verification: Verification, history: VerifiedHistory): Promise<void> {
  const { backupId, objects, findings } = verification
  const named = new Set(history.sections.map(({ key }) => key))
  const ofThose = history.brokenAt === null ? '' : ' that can be read'
  for (const key of objects.keys()) {
    verification.signal?.throwIfAborted()
    if (named.has(key) || isHistory(key, backupId)) continue
    if (history.dropped.has(key) || history.addedLater.has(key)) continue
    if (key.startsWith(pinsPrefix(backupId))) await verifyPin(verification, key, history)
    else if (key.startsWith(restoresPrefix(backupId))) await verifyJson(verification, key, openJson)
    else findings.notice('unreferenced', { key, message: `${key} is named by no commit${ofThose}` })
  }
}

function isHistory(key: string, backupId: string): boolean {
  if (key === archiveInfoKey(backupId) || key === manifestKey(backupId)) return true
  return key.startsWith(commitsPrefix(backupId)) || key.startsWith(snapshotsPrefix(backupId))
}

/** A pin also witnesses that its commit was there. */
async function verifyPin(verification: Verification, key: string, { digests }: VerifiedHistory): Promise<void> {
  const pin = await verifyJson(verification, key, readPin)
  if (pin === undefined || digests.get(pin.commit.sequence) === pin.commit.sha256) return
  const message = `${key} pins commit ${pin.commit.sequence}, which the archive does not hold`
  verification.findings.damage('inconsistent', { key, message })
}

async function verifyJson<T>(
  verification: Verification,
  key: string,
  readObject: (bytes: Buffer, key: string) => T,
): Promise<T | undefined> {
  verification.noteObject()
  if (!key.endsWith('.json')) return undefined
  const bytes = await verification.read(key)
  return bytes && verification.check(key, () => readObject(bytes, key))
}

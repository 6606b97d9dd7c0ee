import { KbackupError } from '../../../errors/kbackup-error.ts'
import { MemoryBlobStore } from '../../../testing/memory-blob-store.ts'
import { archiveInfoKey, commitKey, snapshotsPrefix } from '../../archive-keys.ts'
import { openArchiveWriter } from '../../archive-writer.ts'
import { readCommitObject, writeCommitObject } from '../../commit-shape.ts'
import { openArchive } from '../../open-archive.ts'
import { BACKUP_ID } from '../commit-fixture.ts'
import type { Remains } from './final-check.ts'

/** When all is over, somebody tampers with the archive in one way: whoever opens it must be told. */
export async function tamperingFaults(remains: Remains): Promise<readonly string[]> {
  const tamper = remains.turns.pick([flipAnything, forgeCommit, rollBack, forgeSnapshot, loseCommit, loseInfo])
  const copy = await copyOf(remains.store)
  const fault = await tamper?.(copy, remains)
  return fault === undefined ? [] : [fault]
}

/** One bit of one JSON object. */
async function flipAnything(copy: MemoryBlobStore, { turns }: Remains): Promise<string | undefined> {
  const key = turns.pick(copy.keys().filter((one) => /archive\.json|commits\/|snapshots\//.test(one)))
  if (key === undefined) return undefined
  const bytes = await copy.get(key)
  const position = turns.below(bytes.length)
  bytes.writeUInt8(bytes.readUInt8(position) ^ (1 << turns.below(8)), position)
  await copy.put(key, bytes)
  // A commit that a snapshot stands for need not be read at all.
  if (key.includes('commits/')) await deleteAll(copy, snapshotsPrefix(BACKUP_ID))
  const told = await whatOpeningTells(copy)
  const isLater = key.includes('snapshots/') && key !== copy.keys(snapshotsPrefix(BACKUP_ID)).at(-1)
  return told || isLater ? undefined : `byte ${position} of ${key} was flipped, and nobody is told`
}

/** A commit that is sound in itself, but not the one that was there. */
async function forgeCommit(copy: MemoryBlobStore, { turns }: Remains): Promise<string | undefined> {
  const newest = newestOf(copy)
  if (newest < 2) return undefined
  const key = commitKey(BACKUP_ID, 1 + turns.below(newest - 1))
  const commit = readCommitObject(await copy.get(key), key)
  await copy.put(key, writeCommitObject({ ...commit, nonce: '0'.repeat(32) }))
  await deleteAll(copy, snapshotsPrefix(BACKUP_ID))
  return (await whatOpeningTells(copy)) ? undefined : `${key} was forged, and nobody is told`
}

/** A commit between others is gone. */
async function loseCommit(copy: MemoryBlobStore, { turns }: Remains): Promise<string | undefined> {
  const newest = newestOf(copy)
  if (newest < 2) return undefined
  const key = commitKey(BACKUP_ID, 1 + turns.below(newest - 1))
  await copy.delete(key)
  await deleteAll(copy, snapshotsPrefix(BACKUP_ID))
  return (await whatOpeningTells(copy)) ? undefined : `${key} was taken away, and nobody is told`
}

/** Nobody begins a new archive on top of one that has lost its `archive.json`. */
async function loseInfo(copy: MemoryBlobStore): Promise<string | undefined> {
  if (newestOf(copy) === 0) return undefined
  await copy.delete(archiveInfoKey(BACKUP_ID))
  const told = await codeOf(openArchiveWriter(copy, BACKUP_ID, { createIfMissing: true }))
  if (copy.keys().includes(archiveInfoKey(BACKUP_ID)))
    return 'a new archive was begun on top of one that lost its beginning'
  return told === 'KB_ARCHIVE_DAMAGED' ? undefined : `archive.json was taken away, and that gives ${told}`
}

/** The newest commits are gone: whoever was told of one holds the archive to it. */
async function rollBack(copy: MemoryBlobStore, { witness }: Remains): Promise<string | undefined> {
  const expect = witness.acknowledged.at(-1)?.reference
  if (expect === undefined) return undefined
  const newest = newestOf(copy)
  for (let sequence = expect.sequence; sequence <= newest; sequence++) await copy.delete(commitKey(BACKUP_ID, sequence))
  await deleteAll(copy, snapshotsPrefix(BACKUP_ID))
  const told = await codeOf(openArchive(copy, BACKUP_ID, { expect }))
  return told === 'KB_COMMIT_MISSING' ? undefined : `commit ${expect.sequence} was taken away, and that gives ${told}`
}

/** A snapshot that is sound in itself, of an archive that had another commit at its head. */
async function forgeSnapshot(copy: MemoryBlobStore): Promise<string | undefined> {
  const newest = newestOf(copy)
  const snapshot = copy.keys(snapshotsPrefix(BACKUP_ID)).at(-1)
  if (snapshot === undefined || Number(snapshot.slice(-25, -5)) !== newest) return undefined
  const key = commitKey(BACKUP_ID, newest)
  const commit = readCommitObject(await copy.get(key), key)
  await copy.put(key, writeCommitObject({ ...commit, nonce: '0'.repeat(32) }))
  return (await whatOpeningTells(copy)) ? undefined : `${snapshot} is of another archive, and nobody is told`
}

/** Whether opening fails as it does for a damaged archive, or warns. */
async function whatOpeningTells(store: MemoryBlobStore): Promise<boolean> {
  const opening = openArchive(store, BACKUP_ID)
  const code = await codeOf(opening)
  if (code !== undefined) return code === 'KB_ARCHIVE_DAMAGED' || code === 'KB_ARCHIVE_FORMAT'
  return (await opening).warnings.length > 0
}

async function codeOf(opening: Promise<unknown>): Promise<string | undefined> {
  try {
    await opening
    return undefined
  } catch (error) {
    return KbackupError.is(error) ? error.code : String(error)
  }
}

function newestOf(store: MemoryBlobStore): number {
  return store.keys(`${BACKUP_ID}/commits/`).length
}

async function deleteAll(store: MemoryBlobStore, prefix: string): Promise<void> {
  for (const key of store.keys(prefix)) await store.delete(key)
}

async function copyOf(store: MemoryBlobStore): Promise<MemoryBlobStore> {
  const copy = new MemoryBlobStore()
  for (const key of store.keys()) await copy.put(key, await store.get(key))
  return copy
}

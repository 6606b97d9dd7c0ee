import type { BlobStore } from '../storage/blob-store.ts'
import { type ArchiveInfo, readArchiveInfo } from './archive-info.ts'
import { archiveInfoKey, commitsPrefix } from './archive-keys.ts'
import { type CreateOptions, createObject, readIfPresent } from './create-object.ts'
import { damagedObject, sealJson } from './json-object.ts'

const ARCHIVE_ID_BYTES = 16

/** Creates `archive.json`, unless somebody else was first: then theirs counts. */
export async function createArchive(
  store: BlobStore,
  backupId: string,
  { environment, signal }: CreateOptions,
): Promise<ArchiveInfo> {
  const key = archiveInfoKey(backupId)
  const created = await createdMeanwhile(store, backupId, signal)
  if (created !== undefined) return created
  const info: ArchiveInfo = {
    format: 1,
    archiveId: environment.nonce(ARCHIVE_ID_BYTES),
    backupId,
    createdAtMs: BigInt(environment.nowMs()),
    recipients: [],
  }
  const theirs = await createObject(store, { key, bytes: sealJson(info) }, { environment, signal })
  return theirs === null ? info : readArchiveInfo(theirs, { key, backupId })
}

/**
 * Commits without an `archive.json`: somebody has created both since it was looked for, or the archive has lost it and is
 * damaged; a new one on top of it would hide that.
 */
async function createdMeanwhile(
  store: BlobStore,
  backupId: string,
  signal: AbortSignal | undefined,
): Promise<ArchiveInfo | undefined> {
  const key = archiveInfoKey(backupId)
  for await (const commit of store.list(commitsPrefix(backupId), { signal })) {
    const bytes = await readIfPresent(store, key, signal)
    if (bytes !== undefined) return readArchiveInfo(bytes, { key, backupId })
    throw damagedObject(key, `it is missing, and ${commit.key} is there`)
  }
  return undefined
}

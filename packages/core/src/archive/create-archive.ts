import type { BlobStore } from '../storage/blob-store.ts'
import { type ArchiveInfo, readArchiveInfo } from './archive-info.ts'
import { archiveInfoKey, commitsPrefix } from './archive-keys.ts'
import { type CreateOptions, createObject } from './create-object.ts'
import { damagedObject, sealJson } from './json-object.ts'

const ARCHIVE_ID_BYTES = 16

/** Creates `archive.json`, unless somebody else was first: then theirs counts. */
export async function createArchive(
  store: BlobStore,
  backupId: string,
  { environment, signal }: CreateOptions,
): Promise<ArchiveInfo> {
  const key = archiveInfoKey(backupId)
  await assertNoCommits(store, backupId, signal)
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

/** An archive that lost its `archive.json` is damaged; a new one on top of it would hide that. */
async function assertNoCommits(store: BlobStore, backupId: string, signal: AbortSignal | undefined): Promise<void> {
  for await (const { key } of store.list(commitsPrefix(backupId), { signal })) {
    throw damagedObject(archiveInfoKey(backupId), `it is missing, and ${key} is there`)
  }
}

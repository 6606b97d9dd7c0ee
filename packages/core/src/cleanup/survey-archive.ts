import type { ArchiveWriter } from '../archive/archive-writer.ts'
import { liveKeys } from '../archive/delete-dropped.ts'
import type { BlobCallOptions, BlobInfo, BlobStore } from '../storage/blob-store.ts'
import type { UnfinishedUpload } from '../storage/unfinished-uploads.ts'
import type { LeftObject } from './cleanup-plan.ts'
import { isSectionObject, sectionPrefixes } from './section-object.ts'

/** What lies below an archive and is no part of it. */
export interface Survey {
  readonly objects: readonly LeftObject[]
  readonly uploads: readonly UnfinishedUpload[]
  readonly foreignKeys: readonly string[]
}

export interface SurveyOptions extends BlobCallOptions {
  readonly store: BlobStore
  readonly backupId: string
  readonly archive: Pick<ArchiveWriter, 'state' | 'refresh'>
}

/**
 * Looks for what writers that died have left below an archive, and for what they, if they live, have yet to commit: nobody can
 * tell one from the other.
 */
export async function surveyArchive(options: SurveyOptions): Promise<Survey> {
  const { archive, backupId, signal } = options
  const unnamed = await unnamedObjects(options)
  const uploads = await unfinishedUploads(options)
  // A writer may have committed since what was not there yet when its archive was opened.
  await archive.refresh({ signal })
  const live = liveKeys(archive.state)
  const infos = unnamed.filter(({ key }) => !live.has(key))
  const { dropped } = archive.state
  return {
    objects: infos
      .filter(({ key }) => isSectionObject(key, backupId))
      .map(({ key, size, modifiedAtMs }) => {
        return { key, bytes: size, modifiedAtMs, reason: dropped.has(key) ? 'dropped' : 'unnamed' }
      }),
    uploads,
    foreignKeys: infos.map(({ key }) => key).filter((key) => !isSectionObject(key, backupId)),
  }
}

async function unnamedObjects({ store, backupId, archive, signal }: SurveyOptions): Promise<readonly BlobInfo[]> {
  const live = liveKeys(archive.state)
  const unnamed: BlobInfo[] = []
  for (const prefix of sectionPrefixes(backupId)) {
    for await (const info of store.list(prefix, { signal })) if (!live.has(info.key)) unnamed.push(info)
  }
  return unnamed
}

async function unfinishedUploads({ store, backupId, signal }: SurveyOptions): Promise<readonly UnfinishedUpload[]> {
  const uploads: UnfinishedUpload[] = []
  for await (const upload of store.unfinishedUploads?.list(`${backupId}/`, { signal }) ?? []) uploads.push(upload)
  return uploads
}

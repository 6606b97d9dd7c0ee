import type { ArchiveState } from '../archive/archive-state.ts'
import { KbackupError } from '../errors/kbackup-error.ts'

/** What an archive that does not exist yet holds. */
export const EMPTY_ARCHIVE: ArchiveState = {
  archiveId: '',
  head: null,
  topics: new Map(),
  captures: [],
  dropped: new Set(),
  unsafeSingleWriter: false,
}

/** The opened archive, or `undefined` where the store says explicitly that there is none; any other failure is one. */
export async function ifArchiveExists<Archive>(opening: Promise<Archive>): Promise<Archive | undefined> {
  try {
    return await opening
  } catch (error) {
    if (KbackupError.is(error, 'KB_ARCHIVE_NOT_FOUND')) return undefined
    throw error
  }
}

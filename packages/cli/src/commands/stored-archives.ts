import { type Archive, KbackupError, limitedBlobStore, openArchive } from '@kbackup/core'
import type { CommandContext } from '../command-context.ts'
import { locationText, type StoreLocation } from '../options/store-location.ts'
import { archiveAsPlace } from './archive-as-place.ts'

/** A bucket may hold thousands of folders beside those of archives. */
const LOOK_CONCURRENCY = 16

/** A folder that is, or should be, an archive. */
export type StoredArchive = { readonly archive: Archive } | { readonly backupId: string; readonly error: KbackupError }

/** Where an archive is said to lie. */
export interface ArchivePlace {
  readonly location: StoreLocation
  readonly backupId: string
  /** Where the user said so: flags, or keys of a file. */
  readonly setting: string
  /** Of these, the one that names the folder: `--path`. */
  readonly pathSetting: string
}

type Reach = Pick<CommandContext, 'ports' | 'signal'>

/** The archives of a place, each opened, or with what is wrong with it; `undefined` where there is no such folder. */
export async function storedArchives(
  location: StoreLocation,
  { ports, signal }: Reach,
): Promise<readonly StoredArchive[] | undefined> {
  const names = await ports.folderNames(location, signal)
  if (names === undefined) return undefined
  const store = await ports.openStore(location)
  const found: StoredArchive[] = []
  for (const backupId of names) {
    signal.throwIfAborted()
    try {
      found.push({ archive: await openArchive(store, backupId, { signal }) })
    } catch (error) {
      if (!KbackupError.is(error)) throw error
      if (!isOtherFolder(error)) found.push({ backupId, error })
    }
  }
  return found
}

/** An archive of a folder; where it is not there, the error says which are, and where that place was named. */
export async function archiveAt(place: ArchivePlace, reach: Reach): Promise<Archive> {
  const { ports, signal } = reach
  return explainingMissing(place, reach, async () =>
    openArchive(await ports.openStore(place.location), place.backupId, { signal }),
  )
}

/** What a call gives; an archive that it does not find is explained by those that are there. */
export async function explainingMissing<Value>(
  place: ArchivePlace,
  reach: Reach,
  call: () => Promise<Value>,
): Promise<Value> {
  try {
    return await call()
  } catch (error) {
    if (!KbackupError.is(error, 'KB_ARCHIVE_NOT_FOUND')) throw error
    const nested = await archiveAsPlace(place.location, place.pathSetting, reach)
    if (nested !== undefined) throw nested
    const backupIds = await knownIds(place.location, reach)
    throw new KbackupError('KB_ARCHIVE_NOT_FOUND', {
      message: error.message,
      hint: `${whatIsThere(place, backupIds)}; check ${place.setting}`,
      details: { ...error.details, backupIds: backupIds ?? [] },
      cause: error,
    })
  }
}

/** The error for a folder that is not there. */
export function folderNotFound(location: StoreLocation): KbackupError {
  return new KbackupError('KB_ARCHIVE_NOT_FOUND', {
    message: `there is no ${locationText(location)}, and so no archive in it`,
    hint: 'check --path: it is the folder that storage.path of a configuration names, without the backup id',
    details: { location: locationText(location) },
  })
}

async function knownIds(location: StoreLocation, { ports, signal }: Reach): Promise<readonly string[] | undefined> {
  const names = await ports.folderNames(location, signal).catch(() => [])
  if (names === undefined) return undefined
  const store = limitedBlobStore(await ports.openStore(location), { maxConcurrency: LOOK_CONCURRENCY })
  const infos = await Promise.all(
    names.map((name) => store.head(`${name}/archive.json`, { signal }).catch(() => undefined)),
  )
  return names.filter((_name, index) => infos[index] !== undefined)
}

function whatIsThere({ location }: ArchivePlace, backupIds: readonly string[] | undefined): string {
  if (backupIds === undefined) return `there is no ${locationText(location)}`
  const where = location.backend === 'filesystem' ? location.directory : locationText(location)
  return backupIds.length === 0 ? `${where} holds no archive` : `${where} holds ${backupIds.join(', ')}`
}

/** A folder without an archive, or of a name that no archive can have. */
export function isOtherFolder(error: KbackupError): boolean {
  return KbackupError.is(error, 'KB_ARCHIVE_NOT_FOUND') || KbackupError.is(error, 'KB_USAGE')
}

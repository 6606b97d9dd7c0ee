import { basename, dirname, join, resolve } from 'node:path'
import { KbackupError } from '@kbackup/core'
import type { CommandContext } from '../command-context.ts'
import { locationText, type StoreLocation } from '../options/store-location.ts'

/** A place that is itself an archive, taken for the folder of archives around it. */
interface NestedPlace {
  readonly place: string
  readonly backupId: string
  readonly parent: string
}

/**
 * The error for a place that is itself an archive, where the folder around it was meant; `undefined` where it is none, or
 * where that cannot be told.
 *
 * @param setting where the place was named: `--path`, `storage.path`
 */
export async function archiveAsPlace(
  location: StoreLocation,
  setting: string,
  { ports, signal }: Pick<CommandContext, 'ports' | 'signal'>,
): Promise<KbackupError | undefined> {
  const nested = nestedPlace(location)
  if (nested === undefined) return undefined
  const store = await ports.openStore(location)
  if ((await store.head('archive.json', { signal }).catch(() => undefined)) === undefined) return undefined
  const { place, backupId, parent } = nested
  return new KbackupError('KB_ARCHIVE_NOT_FOUND', {
    message: `${place} is itself the archive ${backupId}`,
    hint: `give ${setting} ${parent}`,
    details: { place, backupId, parent },
  })
}

function nestedPlace(location: StoreLocation): NestedPlace | undefined {
  if (location.backend === 'filesystem') {
    const { directory } = location
    const isDotted = /(^|\/)\.{1,2}\/?$/.test(directory)
    const parent = isDotted ? join(directory, '..') : dirname(directory)
    return { place: directory, backupId: basename(resolve(directory)), parent }
  }
  const segments = (location.prefix ?? '').split('/').filter((segment) => segment !== '')
  const backupId = segments.pop()
  if (backupId === undefined) return undefined
  const around = { ...location, prefix: segments.length === 0 ? undefined : segments.join('/') }
  return { place: locationText(location), backupId, parent: locationText(around) }
}

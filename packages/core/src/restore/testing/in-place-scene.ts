import { createBackup } from '../../backup/create-backup.ts'
import { createRestore, type Restore } from '../create-restore.ts'
import type { RestoreOptions } from '../restore-options.ts'
import { type Archived, archiveOf, numbered, orders, targetOf } from './only-missing-scene.ts'

/** Backs the source of an archive up once more, its groups too. */
export async function backUpAgain({ source, storage }: Archived): Promise<void> {
  await createBackup({ source, storage, backupId: 'b', topics: ['orders'], consumerGroups: 'all' }).run()
}

/** The log lost records 0 … 5 of 12, somebody wrote `later`, and the lost ones were appended: offsets 13 … 18. */
export async function mendedInPlace(options: Partial<RestoreOptions> = {}): Promise<Archived> {
  const at = await archiveOf([numbered(0, 4), numbered(4, 8), numbered(8, 12)])
  await at.source.deleteRecords([{ ...orders, beforeOffset: 6n }])
  await at.source.simulation.append(orders, [{ ...numbered(20, 21)[0], value: 'later' }])
  await restoreInto(at, at.source, {
    existingTopics: 'only-missing',
    guards: { order: 'accept' },
    newRestoreId: 'mend',
    ...options,
  }).run()
  return at
}

/** A restore of the archive, as it is told in each test. */
export function restoreInto(
  { storage }: Archived,
  target: Archived['source'],
  options: Partial<RestoreOptions>,
): Restore {
  return createRestore({ backupId: 'b', storage, target, ...options })
}

export const emptyTarget = () => targetOf([])

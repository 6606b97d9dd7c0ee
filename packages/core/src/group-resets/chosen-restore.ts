import { KbackupError } from '../errors/kbackup-error.ts'
import type { OffsetMap } from '../offsets/offset-map.ts'
import { readStoredMap } from '../offsets/stored-offset-map.ts'
import { assertRestoredInto } from '../restore/other-cluster.ts'
import { type KnownRestore, readRestoreHistory, restoresText } from '../restore/restore-history.ts'
import { restoreNotFound } from '../restore/restore-not-found.ts'
import type { ResetPlace } from './reset-journal.ts'
import type { RestoredSelection } from './reset-options.ts'
import { newestLike } from './restore-of-selection.ts'

/** The restore by whose map groups are set. */
export interface ChosenRestore {
  readonly restore: KnownRestore
  readonly map: OffsetMap
}

export interface RestoreChoice extends ResetPlace {
  /** The newest finished one where absent. */
  readonly restoreId: string | undefined
  /** What the newest finished one has to have sent where; anything where absent. */
  readonly restored?: RestoredSelection | undefined
  readonly clusterId: string
  readonly signal?: AbortSignal | undefined
}

/**
 * The restore that is named, or the newest finished one into this cluster, which has to be like the one that is described.
 *
 * @throws KbackupError `KB_USAGE` where there is none, or none like that; `KB_RESTORE_NOT_FOUND` where the one that is named has no map;
 * `KB_RESTORE_MISMATCH` where it went into another cluster
 */
export async function chooseRestore(choice: RestoreChoice): Promise<ChosenRestore> {
  const { restoreId, clusterId, signal } = choice
  const known = await readRestoreHistory(choice, signal)
  if (restoreId !== undefined) return withMap(choice, await named(known, choice, restoreId))
  const into = known.filter(({ begin }) => begin.identity.targetClusterId === clusterId)
  const newest = into.find(({ isFinished }) => isFinished)
  if (newest === undefined) throw noneFinished(known, choice)
  const { restored } = choice
  return withMap(choice, restored === undefined ? newest : await newestLike(restored, into, choice))
}

async function named(known: readonly KnownRestore[], choice: RestoreChoice, restoreId: string): Promise<KnownRestore> {
  const found = known.find((restore) => restore.restoreId === restoreId)
  const advice = 'leave the id out to take the newest one that is finished'
  if (found === undefined) throw await restoreNotFound(choice, { restoreId, advice, signal: choice.signal })
  assertRestoredInto(choice.clusterId, found.begin, 'its offsets mean nothing here')
  return found
}

async function withMap(choice: RestoreChoice, restore: KnownRestore): Promise<ChosenRestore> {
  return { restore, map: await readStoredMap(choice, restore.restoreId, choice.signal) }
}

function noneFinished(known: readonly KnownRestore[], { backupId, clusterId }: RestoreChoice): KbackupError {
  return new KbackupError('KB_USAGE', {
    message: `no restore of ${backupId} into the cluster ${clusterId} has ended, so there is no offset map to set groups by`,
    hint: `${restoresText(known)}; run the restore to its end, or check the brokers`,
    details: { backupId, clusterId, known: known.map(({ restoreId }) => restoreId) },
  })
}

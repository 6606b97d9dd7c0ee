import {
  type ArchivedRestore,
  createOffsetRollback,
  type GroupSnapshot,
  openArchive,
  type RestorePlan,
} from '@kbackup/core'
import type { CommandContext } from '../command-context.ts'
import { countOf } from '../rendering/quantity-text.ts'
import type { ConfiguredRestore } from './configured-restore.ts'

const DESCRIPTION = 'before a three-phase restore'

type Place = Pick<ConfiguredRestore, 'storage' | 'target' | 'place'>

/**
 * Keeps where the groups of a restore stand, and resolves to the id of the snapshot. Where a restore goes on that was cut
 * short, that of the run which began it is the one: since then groups may have been set.
 */
export async function keepPositions(place: Place, plan: RestorePlan, context: CommandContext): Promise<string> {
  const { log, signal } = context
  const groups = plan.groups.map(({ groupId }) => groupId)
  const earlier =
    plan.resumes === null ? undefined : await snapshotBefore(place, { restoreId: plan.resumes, groups }, signal)
  if (earlier !== undefined) {
    log.info(`Phase 1 of 3: was done before this restore was begun, as ${earlier.snapshotId}`)
    return earlier.snapshotId
  }
  const { storage, target, place: archive } = place
  const positions = createOffsetRollback({ storage, backupId: archive.backupId, target })
  const { snapshotId } = await positions.snapshot({ groups, description: DESCRIPTION, signal })
  log.info(`Phase 1 of 3: kept where ${countOf(groups.length, 'consumer group')} stood as ${snapshotId}`)
  return snapshotId
}

/** The newest snapshot of these groups behind which that restore was the first to begin. */
async function snapshotBefore(
  { storage, place: { backupId } }: Place,
  { restoreId, groups }: { readonly restoreId: string; readonly groups: readonly string[] },
  signal: AbortSignal,
): Promise<GroupSnapshot | undefined> {
  const archive = await openArchive(storage, backupId, { signal })
  const restores = await archive.restores({ signal })
  const begun = restores.find((restore) => restore.restoreId === restoreId)
  if (begun === undefined) return undefined
  const snapshots = await createOffsetRollback({ storage, backupId }).list({ signal })
  return snapshots.find(
    (snapshot) => isOf(snapshot, groups) && firstInto(restores, snapshot)?.restoreId === begun.restoreId,
  )
}

function isOf({ kind, description, groups }: GroupSnapshot, groupIds: readonly string[]): boolean {
  const known = new Set(groups.map(({ groupId }) => groupId))
  return kind === 'snapshot' && description === DESCRIPTION && groupIds.every((groupId) => known.has(groupId))
}

/** Of the restores into the cluster of a snapshot the first that was begun after it was taken; they come newest first. */
function firstInto(
  restores: readonly ArchivedRestore[],
  { clusterId, takenAtMs }: GroupSnapshot,
): ArchivedRestore | undefined {
  return restores.findLast(
    ({ targetClusterId, startedAtMs }) => targetClusterId === clusterId && startedAtMs >= takenAtMs,
  )
}

import { sha256Hex } from '../../archive/json-object.ts'
import { sumOf } from '../../collections/sum-of.ts'
import { isRecord } from '../../config/option-kinds.ts'
import type { RestoreIdentity } from '../journal-entries.ts'
import { isRestoreId } from '../restore-keys.ts'
import type { ActiveStream } from '../stream-run.ts'
import { objectProgress } from './section-progress.ts'

/** What a checkpoint says of the restore that it belongs to. */
export interface CheckpointOwner {
  readonly backupId: string
  readonly restoreId: string
  readonly startedAtMs: bigint
  readonly configHash: string
}

/**
 * How far a restore is, as JSON that the guides show: times are epoch milliseconds, and all numbers are numbers. Bytes are
 * those of record batches, before the archive compressed them, as a plan counts them.
 *
 * ```json
 * { "backup_id": "payments", "restore_id": "20261120T143012Z-1f3a9c", "start_time": 1705312800000,
 *   "last_checkpoint_time": 1705313400000, "segments_completed": ["payments/topics/…/segment-….zst"],
 *   "segments_in_progress": [["payments/topics/…/segment-….zst", 52428800]],
 *   "records_restored": 125000, "bytes_restored": 52428800, "config_hash": "ab12…" }
 * ```
 */
export function checkpointText(owner: CheckpointOwner, active: readonly ActiveStream[], nowMs: number): string {
  const objects = objectProgress(active)
  const begun = objects.filter(({ isComplete, restoredBytes }) => !isComplete && restoredBytes > 0)
  const checkpoint = {
    backup_id: owner.backupId,
    restore_id: owner.restoreId,
    start_time: Number(owner.startedAtMs),
    last_checkpoint_time: nowMs,
    segments_completed: objects.filter(({ isComplete }) => isComplete).map(({ key }) => key),
    segments_in_progress: begun.map(({ key, restoredBytes }) => [key, restoredBytes]),
    records_restored: sumOf(active, ({ progress }) => progress.position.ordinal),
    bytes_restored: sumOf(objects, ({ restoredBytes }) => restoredBytes),
    config_hash: owner.configHash,
  }
  return `${JSON.stringify(checkpoint, undefined, 2)}\n`
}

/** What identifies the configuration of a restore: what is restored, where from and where to, but not at which commit. */
export function configHash({ archiveId, targetClusterId, requestDigest }: RestoreIdentity): string {
  return sha256Hex(JSON.stringify([archiveId, targetClusterId, requestDigest]))
}

/** The restore that a checkpoint belongs to; `undefined` for what is no checkpoint. */
export function checkpointOwner(text: string): Omit<CheckpointOwner, 'startedAtMs'> | undefined {
  const { backup_id, restore_id, config_hash } = parsed(text)
  if (typeof backup_id !== 'string' || typeof restore_id !== 'string' || typeof config_hash !== 'string') {
    return undefined
  }
  if (!isRestoreId(restore_id)) return undefined
  return { backupId: backup_id, restoreId: restore_id, configHash: config_hash }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

import { KbackupError } from '../errors/kbackup-error.ts'
import { remediesText } from './hazards/remedy.ts'
import type { Hazard, RestorePlan } from './restore-plan.ts'

/**
 * The error of a run whose plan has blockers. Existing records alone have their own code, since they are what people
 * meet first.
 */
export function planBlocked(plan: Pick<RestorePlan, 'blockers'>): KbackupError {
  const { blockers } = plan
  const empty = blockers.find(({ code }) => code === 'KB_HAZARD_EMPTY_WINDOW')
  if (empty !== undefined) return nothingInWindow(empty)
  const onlyRecords = blockers.every(({ code }) => code === 'KB_HAZARD_TARGET_HAS_RECORDS')
  return new KbackupError(onlyRecords ? 'KB_TARGET_NOT_EMPTY' : 'KB_PLAN_BLOCKED', {
    message: `the restore is blocked, nothing was written: ${blockers.map(({ code, message }) => `${code}: ${message}`).join('; ')}`,
    hint: [...new Set(blockers.map(({ remedies }) => remediesText(remedies)))].join('; '),
    details: { hazards: blockers.map(({ code }) => code) },
  })
}

/** Whatever else is in the way: that there is nothing to restore comes first. */
function nothingInWindow({ message, remedies, details }: Hazard): KbackupError {
  const hint = remediesText(remedies)
  return new KbackupError('KB_NO_DATA_IN_WINDOW', { message: `${message}; nothing was written`, hint, details })
}

/** The error of a run that was to go on with a restore, as its plan said, which another process has ended since. */
export function endedMeanwhile(restoreId: string): KbackupError {
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `the plan was to go on with restore ${restoreId}, which is not unfinished any more; nothing was written`,
    hint: 'another process has ended it: look at its receipt, and plan again if more is wanted',
    details: { restoreId },
  })
}

/** The error of a restore whose records did not stay in the target. */
export function recordsGone(partitions: readonly string[]): KbackupError {
  return new KbackupError('KB_RESTORE_UNVERIFIED', {
    message: `the target has deleted restored records of ${partitions.join(', ')} already`,
    hint: "restore into another topic with guards.retention: 'hold', or make this one anew (existingTopics: 'recreate')",
    details: { partitions },
  })
}

/** The error of a restore of which the target has lost records that it had acknowledged. */
export function recordsLost(partitions: readonly string[]): KbackupError {
  return new KbackupError('KB_RESTORE_UNVERIFIED', {
    message: `the target has lost restored records at the end of ${partitions.join(', ')}: leaders were elected that did not have them`,
    hint: 'run the same restore again: it finds out what is there, and produces the rest',
    details: { partitions },
  })
}

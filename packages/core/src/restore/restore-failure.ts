import { restorableRange } from '../backup/restorable-range.ts'
import { isoTime } from '../config/iso-time.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreSession } from './restore-session.ts'

/** The error of a run whose plan has blockers. Existing records alone have their own code, since they are what people meet first. */
export function planBlocked(plan: Pick<RestorePlan, 'blockers'>): KbackupError {
  const { blockers } = plan
  const onlyRecords = blockers.every(({ code }) => code === 'KB_HAZARD_TARGET_HAS_RECORDS')
  return new KbackupError(onlyRecords ? 'KB_TARGET_NOT_EMPTY' : 'KB_PLAN_BLOCKED', {
    message: `the restore is blocked, nothing was written: ${blockers.map(({ code, message }) => `${code}: ${message}`).join('; ')}`,
    hint: [...new Set(blockers.map(({ remedy }) => remedy))].join('; '),
    details: { hazards: blockers.map(({ code }) => code) },
  })
}

/** The error of a restore whose records did not stay in the target. */
export function recordsGone(partitions: readonly string[]): KbackupError {
  return new KbackupError('KB_RESTORE_UNVERIFIED', {
    message: `the target has deleted restored records of ${partitions.join(', ')} already`,
    hint: 'restore again with guards.retention: hold, into another topic or with existing_topics: recreate',
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

/** The error of a window in which nothing lies: topics that stay empty would look like a restore. */
export function nothingInWindow({ view, selected }: RestoreSession): KbackupError {
  const topics = selected.map(({ source }) => source.topic.topic)
  const { earliest, latest } = restorableRange({ ...view.state, topics: pick(view.state.topics, topics) })
  const range = earliest === null ? '' : ` from ${isoTime(earliest)}`
  return new KbackupError('KB_NO_DATA_IN_WINDOW', {
    message: `the archive ${view.backupId} holds no record of the selected topics in the window; nothing was written`,
    hint: `it holds their records${range}${latest === null ? '' : ` to ${isoTime(latest)}`}: check the window, which is in epoch milliseconds`,
    details: { topics, earliest, latest },
  })
}

function pick<Value>(from: ReadonlyMap<string, Value>, names: readonly string[]): ReadonlyMap<string, Value> {
  return new Map([...from].filter(([name]) => names.includes(name)))
}

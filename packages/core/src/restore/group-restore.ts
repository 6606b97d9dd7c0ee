import type { Environment } from '../archive/environment.ts'
import type { KbackupError } from '../errors/kbackup-error.ts'
import type { RestoreEvent } from '../events/run-event.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { type GroupResetOutcome, type GroupResetReport, resetGroups } from '../offsets/group-reset.ts'
import type { OffsetMap } from '../offsets/offset-map.ts'
import { type TranslatedPosition, translatePositions } from '../offsets/translated-positions.ts'
import { awaitEmptyGroups } from './active-group-wait.ts'
import type { PlannedGroups } from './group-planning.ts'
import { memberText } from './hazards/active-groups.ts'
import type { GroupBefore, JournalEntry } from './journal-entries.ts'
import { resetToTargets, type TargetPosition, targetsOfGroups } from './merged-positions.ts'
import type { RestoreJournal } from './restore-journal.ts'
import type { SessionOptions } from './restore-session.ts'

const WAIT_INTERVAL_MS = 1_000

/** What became of a group's position in one partition. */
export type GroupPositionRestore = TranslatedPosition

/** `skipped`: it had members, and the guard says to leave such groups; `nothing-to-set`: no position could be translated. */
export type GroupRestoreOutcome = GroupResetOutcome | 'skipped' | 'nothing-to-set'

/** What became of a group. */
export interface GroupRestoreReport {
  readonly groupId: string
  readonly outcome: GroupRestoreOutcome
  readonly reason: string | null
  readonly positions: readonly GroupPositionRestore[]
  /** What it is set to, where it is; source partitions that were merged lead to one place. */
  readonly targets: readonly TargetPosition[]
  /**
   * Restored source partitions in which the archive knows no position of it, as planned: what the target has there was
   * left.
   */
  readonly withoutPosition: readonly TopicPartition[]
}

export interface GroupsRestored {
  readonly reports: readonly GroupRestoreReport[]
  /** Set where groups could not be moved; those that were, were rolled back. */
  readonly error: KbackupError | null
}

export interface GroupRestoreOptions extends Pick<SessionOptions, 'cluster' | 'request'> {
  readonly planned: PlannedGroups
  readonly map: OffsetMap
  readonly journal: RestoreJournal
  readonly entries: readonly JournalEntry[]
  readonly environment: Environment
  readonly emit: (event: RestoreEvent) => void
  readonly signal: AbortSignal
}

/** Sets the groups of a restore to where they were, in the target's offsets, and reads them back. */
export async function restoreGroups(options: GroupRestoreOptions): Promise<GroupsRestored> {
  const { planned, map, cluster, journal, signal, environment, emit } = options
  const translated = translatePositions(planned.positions, map)
  const targets = targetsOfGroups(map, translated)
  const skipped = new Map(planned.skipped.map(({ groupId, members }) => [groupId, members.map(memberText)]))
  const groups = [...translated]
    .filter(([groupId]) => !skipped.has(groupId))
    .map(([groupId, positions]) => resetToTargets(groupId, positions, targets.get(groupId) ?? []))
    .filter(({ positions }) => positions.length > 0)
  const groupIds = groups.map(({ groupId }) => groupId)
  await awaitEmptyGroups(options, groupIds, { signal, emit, sleep: () => environment.sleep(WAIT_INTERVAL_MS, signal) })
  await journal.assertOwn(signal)
  const { groups: reset, error } = await resetGroups({
    cluster,
    groups,
    recordBefore: (before) => journal.append({ type: 'group-before', groups: before }, signal),
    recorded: recordedBefore(options.entries),
    signal,
  })
  await journal.append({ type: 'groups-settled', groupIds: settled(reset) }, signal)
  const outcomes = new Map(reset.map((report) => [report.groupId, report]))
  const reports = planned.plans.map(({ groupId, withoutPosition }): GroupRestoreReport => {
    const positions = translated.get(groupId) ?? []
    const report = outcomes.get(groupId)
    const otherwise = skipped.has(groupId) ? 'skipped' : 'nothing-to-set'
    const outcome = report?.outcome ?? otherwise
    const members = skipped.get(groupId)
    const reason = members === undefined ? (report?.reason ?? null) : `has members (${members.join(', ')})`
    return { groupId, outcome, reason, positions, targets: targets.get(groupId) ?? [], withoutPosition }
  })
  return { reports, error }
}

/** Groups of which it is known what they have now: a later run reads anew what stands there before it changes them. */
function settled(reports: readonly GroupResetReport[]): readonly string[] {
  return reports.filter(({ outcome }) => outcome !== 'rollback-failed').map(({ groupId }) => groupId)
}

/** What stood in groups that a process before this one had begun to change, and may not have come to an end with. */
function recordedBefore(entries: readonly JournalEntry[]): readonly GroupBefore[] {
  const recorded = new Map<string, GroupBefore>()
  for (const entry of entries) {
    if (entry.type === 'group-before') for (const group of entry.groups) recorded.set(group.groupId, group)
    if (entry.type === 'groups-settled') for (const groupId of entry.groupIds) recorded.delete(groupId)
  }
  return [...recorded.values()]
}

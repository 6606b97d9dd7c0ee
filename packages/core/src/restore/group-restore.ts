import type { Environment } from '../archive/environment.ts'
import type { KbackupError } from '../errors/kbackup-error.ts'
import type { RestoreEvent } from '../events/run-event.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { type GroupReset, type GroupResetOutcome, type GroupResetReport, resetGroups } from '../offsets/group-reset.ts'
import { type TranslatedPosition, translatePositions } from '../offsets/translated-positions.ts'
import { awaitEmptyGroups } from './active-group-wait.ts'
import type { PlannedGroups } from './group-planning.ts'
import type { PositionFinder } from './group-strategies/group-strategy.ts'
import { memberText } from './hazards/active-groups.ts'
import type { GroupBefore, JournalEntry } from './journal-entries.ts'
import { resetToTargets, type TargetPosition, targetsOfGroups } from './merged-positions.ts'
import type { RestoreJournal } from './restore-journal.ts'
import type { SessionOptions } from './restore-session.ts'

const WAIT_INTERVAL_MS = 1_000

/** What became of a group's position in one partition. */
export type GroupPositionRestore = TranslatedPosition

/**
 * `skipped`: it had members, and the guard says to leave such groups; `nothing-to-set`: no position could be translated;
 * `reported`: its positions were found, and left to somebody to set, as the strategy `manual` asks.
 */
export type GroupRestoreOutcome = GroupResetOutcome | 'skipped' | 'nothing-to-set' | 'reported'

/** What became of a group. */
export interface GroupRestoreReport {
  readonly groupId: string
  readonly outcome: GroupRestoreOutcome
  readonly reason: string | null
  readonly positions: readonly GroupPositionRestore[]
  /** What it is set to, where it is, or what it is to be set to by hand; source partitions that were merged lead to one place. */
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
  readonly finder: PositionFinder
  readonly journal: RestoreJournal
  readonly entries: readonly JournalEntry[]
  readonly environment: Environment
  readonly emit: (event: RestoreEvent) => void
  readonly signal: AbortSignal
}

/** Sets the groups of a restore to where they were, in the target's offsets, and reads them back; or only says where that is. */
export async function restoreGroups(options: GroupRestoreOptions): Promise<GroupsRestored> {
  const { planned, finder, cluster, journal, signal, environment, emit } = options
  const translated = translatePositions(planned.positions, finder)
  const found = { translated, targets: targetsOfGroups(finder, translated) }
  if (options.request.groupStrategy === 'manual') return { reports: reportsOf(planned, found, []), error: null }
  const skipped = new Set(planned.skipped.map(({ groupId }) => groupId))
  const groups = resetsOf(found).filter(({ groupId }) => !skipped.has(groupId))
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
  return { reports: reportsOf(planned, found, reset), error }
}

interface FoundPositions {
  readonly translated: ReadonlyMap<string, readonly TranslatedPosition[]>
  readonly targets: ReadonlyMap<string, readonly TargetPosition[]>
}

function resetsOf({ translated, targets }: FoundPositions): readonly GroupReset[] {
  return [...translated]
    .map(([groupId, positions]) => resetToTargets(groupId, positions, targets.get(groupId) ?? []))
    .filter(({ positions }) => positions.length > 0)
}

/** One for each planned group: what became of it, or that nothing was to. */
function reportsOf(
  planned: PlannedGroups,
  { translated, targets }: FoundPositions,
  reset: readonly GroupResetReport[],
): readonly GroupRestoreReport[] {
  const settled = new Map(reset.map((report) => [report.groupId, report]))
  const members = new Map(planned.skipped.map((group) => [group.groupId, group.members.map(memberText)]))
  return planned.plans.map(({ groupId, isReported, withoutPosition }) => {
    const found = { positions: translated.get(groupId) ?? [], targets: targets.get(groupId) ?? [], withoutPosition }
    const report = settled.get(groupId)
    if (report !== undefined) return { groupId, outcome: report.outcome, reason: report.reason, ...found }
    const present = members.get(groupId)
    if (present === undefined) return { groupId, outcome: otherwise(found.targets, isReported), reason: null, ...found }
    return { groupId, outcome: 'skipped', reason: `has members (${present.join(', ')})`, ...found }
  })
}

function otherwise(targets: readonly TargetPosition[], isReported: boolean): GroupRestoreOutcome {
  return isReported && targets.length > 0 ? 'reported' : 'nothing-to-set'
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

import { groupBy } from '../collections/group-by.ts'
import { closeNames } from '../config/close-names.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { GroupDescription } from '../kafka/kafka-groups.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import { archivedGroupPositions } from '../offsets/archived-group-positions.ts'
import type { GroupPositionAt } from '../offsets/group-positions.ts'
import { unknownPositionsText } from '../offsets/unknown-positions.ts'
import { findActiveGroups } from './hazards/active-groups.ts'
import { findExpiringGroups } from './hazards/group-expiry.ts'
import { findInexactPositions } from './hazards/inexact-positions.ts'
import { findLaterGroups, type LaterGroup, laterGroups } from './hazards/later-groups.ts'
import type { GroupPlan, Hazard } from './restore-plan.ts'
import type { RestoreSession, SessionOptions } from './restore-session.ts'

const ENDS_CONCURRENCY = 2

/** Where the groups that are to be moved were at the end of the window, in the topics that are restored. */
export interface PlannedGroups {
  readonly positions: readonly GroupPositionAt[]
  readonly plans: readonly GroupPlan[]
  readonly hazards: readonly Hazard[]
  readonly notes: readonly string[]
  /** Groups with members that are left as they are, by the option for that. */
  readonly skipped: readonly GroupDescription[]
}

function hasPositions({ positions }: Pick<GroupPlan, 'positions'>): boolean {
  return positions.length > 0
}

/** Where no group is to be moved. */
export const NO_GROUPS: PlannedGroups = { positions: [], plans: [], hazards: [], notes: [], skipped: [] }

/**
 * Looks up the archived positions of the groups of a restore, and whether they can be moved.
 *
 * A named group that is known from a later moment on is planned without positions.
 *
 * @throws KbackupError `KB_GROUP_NOT_FOUND` for a named group of which the archive knows no position at all
 */
export async function planGroups(session: RestoreSession, options: SessionOptions): Promise<PlannedGroups> {
  const { request, signal, cluster } = options
  const groupIds = request.groups === 'all' ? undefined : request.groups
  if (groupIds?.length === 0) return NO_GROUPS
  const found = await positionsAtEnds(session, options, groupIds)
  const later = laterOf(groupIds ?? [], { found, session, atMs: request.window.end })
  const restored = new Set(session.selected.map(({ source }) => source.topic.topic))
  const positions = found.filter(({ topic }) => restored.has(topic))
  const planned = plansOf(positions, { named: groupIds ?? [], restored: restoredPartitions(session) })
  const isReported = request.groupStrategy === 'manual'
  const changed = isReported ? [] : planned.filter(hasPositions)
  const described = await cluster.describeGroups(
    changed.map(({ groupId }) => groupId),
    { signal },
  )
  const skipped = request.guards.groupsActive === 'skip' ? described.filter(({ members }) => members.length > 0) : []
  const plans = planned.map((plan) => {
    return { ...plan, isReported, isSkipped: skipped.some(({ groupId }) => groupId === plan.groupId) }
  })
  return {
    positions,
    plans,
    hazards: [
      ...findActiveGroups(described, request.guards.groupsActive),
      ...findInexactPositions(plans),
      ...findLaterGroups(later, request.window.end),
      ...(await findExpiringGroups(cluster, changed, { signal })),
    ],
    notes: [...elsewhere(found, restored), ...beyondArchive(positions, session)],
    skipped,
  }
}

/** Each position as of the end of the window of its own partition; that of the whole restore where it is not restored. */
async function positionsAtEnds(
  { view, selected }: RestoreSession,
  { request, store, signal }: SessionOptions,
  groupIds: readonly string[] | undefined,
): Promise<readonly GroupPositionAt[]> {
  const endOf = ({ topic, partition }: TopicPartition) => (request.selectionOf(topic, partition) ?? request).window.end
  const partitions = selected.flatMap(({ streams }) => streams.map(({ source }) => source))
  const ends = [...new Set([request.window.end, ...partitions.map(endOf)])]
  const found = await mapConcurrently(ends, { concurrency: ENDS_CONCURRENCY, signal }, async (end) => {
    const { positions } = await archivedGroupPositions(view, { store, atMs: end ?? undefined, groupIds, signal })
    return positions.filter((position) => endOf(position) === end)
  })
  return found.flat()
}

interface PositionsFound {
  readonly found: readonly GroupPositionAt[]
  readonly session: RestoreSession
  /** The end of the window. */
  readonly atMs: bigint | null
}

/** The groups that come into being behind the end of the window; nobody may name one that the archive knows at no time. */
function laterOf(groupIds: readonly string[], { found, session, atMs }: PositionsFound): readonly LaterGroup[] {
  const known = new Set(found.map(({ groupId }) => groupId))
  const unknown = groupIds.filter((groupId) => !known.has(groupId))
  const later = laterGroups(unknown, { captures: session.view.state.captures, end: atMs })
  const missing = unknown.filter((id) => !later.some(({ groupId }) => groupId === id))
  if (missing.length === 0) return later
  const archived = [...new Set(session.view.state.captures.flatMap((capture) => capture.groupIds))].sort()
  throw new KbackupError('KB_GROUP_NOT_FOUND', {
    message: unknownPositionsText({ backupId: session.view.backupId, groupIds: missing, atMs }),
    hint: archived.length > 0 ? archivedHint(missing, archived) : 'no consumer groups were archived',
    details: { groups: missing, archived },
  })
}

function archivedHint(missing: readonly string[], archived: readonly string[]): string {
  const [close] = missing.flatMap((groupId) => (archived.includes(groupId) ? [] : closeNames(groupId, archived)))
  return `${close === undefined ? '' : `did you mean ${close}? `}archived groups are ${archived.join(', ')}`
}

type PlannedPositions = Omit<GroupPlan, 'isSkipped' | 'isReported'>

interface PlansQuestion {
  /** These are planned though they have no position in what is restored. */
  readonly named: readonly string[]
  readonly restored: readonly TopicPartition[]
}

function plansOf(
  positions: readonly GroupPositionAt[],
  { named, restored }: PlansQuestion,
): readonly PlannedPositions[] {
  const groups = groupBy(positions, ({ groupId }) => groupId)
  const groupIds = [...new Set([...groups.keys(), ...named])]
  return groupIds.map((groupId) => groupPlan(groupId, groups.get(groupId) ?? [], restored))
}

function groupPlan(
  groupId: string,
  own: readonly GroupPositionAt[],
  restored: readonly TopicPartition[],
): PlannedPositions {
  const known = new Set(own.map(partitionName))
  const topics = new Set(own.map(({ topic }) => topic))
  // Topics that a group has nothing to do with are none of its business: groups times partitions may be millions.
  const concerned = own.length === 0 ? restored : restored.filter(({ topic }) => topics.has(topic))
  return {
    groupId,
    positions: own.map(({ topic, partition, offset, kind, observedAtMs, next }) => ({
      topic,
      partition,
      offset,
      kind,
      observedAtMs,
      next,
    })),
    withoutPosition: concerned.filter((partition) => !known.has(partitionName(partition))),
    lastMovedAtMs: own.reduce<bigint | null>(
      (newest, { observedAtMs }) => (newest === null || observedAtMs > newest ? observedAtMs : newest),
      null,
    ),
  }
}

function restoredPartitions({ selected }: RestoreSession): readonly TopicPartition[] {
  const sources = selected.flatMap(({ streams }) => streams.map(({ source }) => source))
  return sources.map(({ topic, partition }) => ({ topic, partition }))
}

function elsewhere(positions: readonly GroupPositionAt[], restored: ReadonlySet<string>): readonly string[] {
  const untouched = new Set(positions.filter(({ topic }) => !restored.has(topic)).map(({ topic }) => topic))
  if (untouched.size === 0) return []
  return [`positions in topics that are not restored stay as they are: ${[...untouched].sort().join(', ')}`]
}

/** A group that reads uncommitted records, or read on while the backup ran, may stand where nothing was archived yet. */
function beyondArchive(positions: readonly GroupPositionAt[], { selected }: RestoreSession): readonly string[] {
  const sources = selected.flatMap(({ source }) => source.partitions)
  const ends = new Map(sources.map(({ lineage, nextOffset }) => [partitionName(lineage), nextOffset]))
  return positions
    .filter((position) => position.offset > (ends.get(partitionName(position)) ?? position.offset))
    .map(
      (position) =>
        `group ${position.groupId} stands at ${position.offset} of ${partitionName(position)}, beyond what is archived: ` +
        'it is left as it is there',
    )
}

import { openArchive } from '../archive/open-archive.ts'
import { groupBy } from '../collections/group-by.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupOffsets } from '../kafka/kafka-groups.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import { archivedGroupPositions } from '../offsets/archived-group-positions.ts'
import { type GroupLook, lookAtGroups } from '../offsets/group-look.ts'
import type { GroupPositionAt } from '../offsets/group-positions.ts'
import type { GroupReset } from '../offsets/group-reset.ts'
import { adviceOn, resetFaults } from '../offsets/group-reset-check.ts'
import { type TranslatedPosition, translatePositions } from '../offsets/translated-positions.ts'
import { findExpiringGroups } from '../restore/hazards/group-expiry.ts'
import { resetToTargets, type TargetPosition, targetsOfGroups } from '../restore/merged-positions.ts'
import { journaledWindow } from '../restore/restore-history.ts'
import { type ChosenRestore, chooseRestore } from './chosen-restore.ts'
import { chooseGroupsAt } from './groups-at-moment.ts'
import { mapAsOf } from './map-as-of.ts'
import { type ResetPlace, unfinishedResets } from './reset-journal.ts'
import type { RestoredSelection } from './reset-options.ts'
import { makeResetPlan, type OffsetResetGroup, type OffsetResetPlan, type PlannedPosition } from './reset-plan.ts'

export interface ResetPlanning extends ResetPlace {
  readonly cluster: KafkaCluster
  readonly clusterId: string
  readonly restoreId: string | undefined
  readonly restored: RestoredSelection | undefined
  /** The end of the restore's window where absent. */
  readonly atMs: bigint | undefined
  readonly groups: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** A plan, and the positions that are to be set by it. */
export interface PlannedReset {
  readonly plan: OffsetResetPlan
  readonly resets: readonly GroupReset[]
  /** What the plan was made of, as far as the cluster said it. */
  readonly look: GroupLook
}

/** Finds the groups of a reset, where they were, and where that is in the target. */
export async function planReset(planning: ResetPlanning): Promise<PlannedReset> {
  const { cluster, clusterId, backupId, signal } = planning
  const chosen = await chooseRestore(planning)
  const atMs = planning.atMs ?? journaledWindow(chosen.restore.begin).end
  const { positions, meant } = await positionsAt(planning, chosen, atMs)
  const map = mapAsOf(chosen, atMs)
  const translated = translatePositions(positions, map)
  const targets = targetsOfGroups(map, translated)
  const resets = [...translated].map(([groupId, own]) => resetToTargets(groupId, own, targets.get(groupId) ?? []))
  const settable = resets.filter((reset) => reset.positions.length > 0)
  const set = new Set(settable.map(({ groupId }) => groupId))
  const [look, warnings, unfinished] = await Promise.all([
    lookAtGroups(cluster, resets, { signal }),
    findExpiringGroups(cluster, settable, { signal }),
    unfinishedResets(planning, signal),
  ])
  const faults = resetFaults(settable, look)
  const plan = makeResetPlan({
    backupId,
    restoreId: chosen.restore.restoreId,
    targetClusterId: clusterId,
    atMs,
    groups: plannedGroups({ translated, targets, look }),
    nothingToSet: meant.filter((groupId) => !set.has(groupId)),
    faults: faults.map(({ text }) => text),
    advice: adviceOn(faults),
    warnings,
    unfinished: unfinished.filter((begin) => begin.clusterId === clusterId).map(({ resetId }) => resetId),
  })
  return { plan, resets: settable, look }
}

interface MeantPositions {
  readonly meant: readonly string[]
  /** Of these groups, in topics that were restored. */
  readonly positions: readonly GroupPositionAt[]
}

/** As the commit that was restored knows them: what was archived later is not in the map. */
async function positionsAt(
  { store, backupId, groups, signal }: ResetPlanning,
  { restore, map }: ChosenRestore,
  atMs: bigint | null,
): Promise<MeantPositions> {
  const { commit } = restore.begin.identity
  const view = await openArchive(store, backupId, { commit: commit.sequence, expect: commit, signal })
  const { positions } = await archivedGroupPositions(view, { store, atMs: atMs ?? undefined, signal })
  const known = [...new Set(positions.map(({ groupId }) => groupId))]
  const meant = chooseGroupsAt(groups, { view, atMs, known })
  const wanted = new Set(meant)
  const restored = new Set(map.streams.map(({ source }) => source.topic))
  return { meant, positions: positions.filter(({ groupId, topic }) => wanted.has(groupId) && restored.has(topic)) }
}

interface FoundPositions {
  readonly translated: ReadonlyMap<string, readonly TranslatedPosition[]>
  readonly targets: ReadonlyMap<string, readonly TargetPosition[]>
  readonly look: GroupLook
}

function plannedGroups({ translated, targets, look }: FoundPositions): readonly OffsetResetGroup[] {
  const descriptions = groupBy(look.descriptions, ({ groupId }) => groupId)
  return [...translated].map(([groupId, positions]) => {
    const [description] = descriptions.get(groupId) ?? []
    return {
      groupId,
      state: description?.state ?? 'unknown',
      members: description?.members ?? [],
      positions: withCurrent(positions, look.offsets.get(groupId)),
      targets: targets.get(groupId) ?? [],
    }
  })
}

function withCurrent(
  positions: readonly TranslatedPosition[],
  found: GroupOffsets | undefined,
): readonly PlannedPosition[] {
  const current = new Map((found?.offsets ?? []).map((each) => [partitionName(each), each.offset]))
  return positions.map((each) => {
    const { translation } = each
    const offset = translation.kind === 'unknown' ? undefined : current.get(partitionName(translation.target))
    return { ...each, current: offset ?? null }
  })
}

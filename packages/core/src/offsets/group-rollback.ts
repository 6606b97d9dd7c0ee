import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupOffset } from '../kafka/kafka-groups.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import { type GroupOffsetCalls, gatheringFetches } from './gathered-fetches.ts'
import {
  ABSENT,
  assertChanged,
  changePositions,
  GroupRefusal,
  readGroupPositions,
  samePosition,
  wantedPositions,
} from './group-position-exchange.ts'
import type { GroupReset } from './group-reset.ts'

/** A group that may have been set to positions, and what stood there before: {@link ABSENT} where nothing did. */
export interface GroupRollback {
  readonly set: GroupReset
  /** What stood in all partitions that were changed: first those of the positions that were set, then the others. */
  readonly before: readonly GroupOffset[]
}

export interface GroupRollbackOptions extends CallOptions {
  readonly cluster: KafkaCluster
  readonly groups: readonly GroupRollback[]
  /** Called before each group is changed; where it rejects, nothing more is changed, and the call rejects with that. */
  readonly assertHeld?: (() => Promise<void>) | undefined
  /** 50 where absent. */
  readonly concurrency?: number | undefined
}

export interface GroupRollbackReport {
  readonly groupId: string
  readonly outcome: 'rolled-back' | 'rollback-refused' | 'rollback-failed'
  readonly reason: string | null
}

const DEFAULT_CONCURRENCY = 50
/** What coordinators answer to an administrator while a group has members, by kind of group and of request. */
const MEMBER_ERRORS: ReadonlySet<number> = new Set([
  22, // ILLEGAL_GENERATION
  25, // UNKNOWN_MEMBER_ID
  27, // REBALANCE_IN_PROGRESS
  68, // NON_EMPTY_GROUP
  86, // GROUP_SUBSCRIBED_TO_TOPIC
  110, // FENCED_MEMBER_EPOCH
  113, // STALE_MEMBER_EPOCH
])

/**
 * Gives groups back what they had before, absence included, as far as nobody else has moved them since.
 *
 * One group's failure does not keep the others from being rolled back.
 */
export function rollBackGroups(options: GroupRollbackOptions): Promise<readonly GroupRollbackReport[]> {
  const { groups, assertHeld, signal, concurrency = DEFAULT_CONCURRENCY } = options
  const cluster = gatheringFetches(options.cluster)
  return mapConcurrently(groups, { concurrency }, async (group) => {
    const { groupId } = group.set
    await assertHeld?.()
    try {
      return { groupId, ...(await rollBack(cluster, group, { signal })) }
    } catch (error) {
      const refused = error instanceof GroupRefusal && MEMBER_ERRORS.has(error.code)
      const reason = error instanceof Error ? error.message : String(error)
      return { groupId, outcome: refused ? 'rollback-refused' : 'rollback-failed', reason } as const
    }
  })
}

async function rollBack(
  cluster: GroupOffsetCalls,
  { set, before }: GroupRollback,
  options: CallOptions,
): Promise<Pick<GroupRollbackReport, 'outcome' | 'reason'>> {
  const { groupId } = set
  const found = await readGroupPositions(cluster, { groupId, partitions: before }, options)
  const wanted = wantedPositions(set)
  const moved = found.find((each, index) => !isEither(each, before[index], wanted[index]))
  if (moved !== undefined) {
    const reason = `group ${groupId} was moved to ${moved.offset} in ${partitionName(moved)} by somebody else`
    return { outcome: 'rollback-refused', reason }
  }
  const changed = before.filter((each, index) => !samePosition(each, found[index]))
  await giveBack(cluster, { groupId, changed }, options)
  return { outcome: 'rolled-back', reason: null }
}

async function giveBack(
  cluster: GroupOffsetCalls,
  { groupId, changed }: { readonly groupId: string; readonly changed: readonly GroupOffset[] },
  options: CallOptions,
): Promise<void> {
  if (changed.length === 0) return
  const positions = changed.filter(({ offset }) => offset !== ABSENT)
  const change = { groupId, positions, absent: changed.filter(({ offset }) => offset === ABSENT) }
  await changePositions(cluster, change, options)
  const [found] = await cluster.fetchGroupOffsets([groupId], options)
  assertChanged(change, found)
}

type Position = Pick<GroupOffset, 'offset' | 'metadata'> & GroupReset['positions'][number]

function isEither(found: Position, before: Position | undefined, set: Position | undefined): boolean {
  return samePosition(found, before) || samePosition(found, set)
}

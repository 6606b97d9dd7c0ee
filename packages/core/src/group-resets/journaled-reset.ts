import { timedId } from '../archive/timed-id.ts'
import type { GroupDescription } from '../kafka/kafka-groups.ts'
import type { GroupLook } from '../offsets/group-look.ts'
import { wantedPositions } from '../offsets/group-position-exchange.ts'
import { type GroupReset, type GroupsResetReport, resetGroups } from '../offsets/group-reset.ts'
import type { GroupBefore } from '../restore/journal-entries.ts'
import { awaitNoMembers } from './empty-groups.ts'
import type { RecoveryOptions } from './recover-resets.ts'
import type { ResetGroupEntry, ResetOrigin } from './reset-entries.ts'
import { writeResetBegin, writeResetEnd } from './reset-journal.ts'

const NONCE_BYTES = 8

export interface JournaledResetOptions extends RecoveryOptions {
  readonly groups: readonly GroupReset[]
  readonly origin: ResetOrigin
  /** How long groups with members are waited for; 0: they are refused at once. */
  readonly waitMs: number
  /** What was just seen of the groups; of no use where they are waited for. */
  readonly look?: GroupLook | undefined
  readonly onWait?: ((active: readonly GroupDescription[]) => void) | undefined
}

export interface JournaledReset extends GroupsResetReport {
  /** `null` where there was nothing to set. */
  readonly resetId: string | null
}

/**
 * Sets groups, all of them or none, with what stood there on the store before the first change, so that a run after this
 * one can undo it where this one is killed.
 *
 * @throws as `resetGroups`; `KB_RESTORE_FENCED` where another process has taken the groups over meanwhile
 */
export async function runJournaledReset(options: JournaledResetOptions): Promise<JournaledReset> {
  const { cluster, groups, claim, concurrency, signal, environment } = options
  if (groups.length === 0) return { resetId: null, groups: [], error: null }
  await awaitNoMembers(
    groups.map(({ groupId }) => groupId),
    options,
  )
  const startedAtMs = BigInt(environment.nowMs())
  const resetId = timedId(startedAtMs, environment.nonce(NONCE_BYTES))
  const report = await resetGroups({
    cluster,
    groups,
    look: options.waitMs > 0 ? undefined : options.look,
    assertHeld: claim.assertHeld,
    concurrency,
    signal,
    recordBefore: (before) => writeBegin(options, { resetId, startedAtMs, before }),
  })
  const ends = report.groups.map(({ groupId, outcome, reason }) => ({ groupId, outcome, reason }))
  // Where it is not known what a group has now, the next run has to look.
  if (ends.some(({ outcome }) => outcome === 'rollback-failed')) return { ...report, resetId }
  await writeResetEnd(options, resetId, { format: 1, endedAtMs: BigInt(environment.nowMs()), groups: ends })
  return { ...report, resetId }
}

interface Beginning {
  readonly resetId: string
  readonly startedAtMs: bigint
  readonly before: readonly GroupBefore[]
}

function writeBegin(options: JournaledResetOptions, { resetId, startedAtMs, before }: Beginning): Promise<void> {
  const { origin, clusterId } = options
  const known = new Map(before.map((group) => [group.groupId, group]))
  const groups = options.groups.map(
    (group): ResetGroupEntry => ({
      groupId: group.groupId,
      before: known.get(group.groupId)?.offsets ?? [],
      wanted: wantedPositions(group).map(({ topic, partition, offset, metadata }) => ({
        topic,
        partition,
        offset,
        metadata,
      })),
    }),
  )
  return writeResetBegin(options, { format: 1, resetId, origin, clusterId, startedAtMs, groups })
}

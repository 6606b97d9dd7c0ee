import type { RestoreEvent } from '../events/run-event.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import { memberText } from './hazards/active-groups.ts'
import type { SessionOptions } from './restore-session.ts'

/** Looks between two announcements: with a look each second, one in 15 seconds. */
const LOOKS_PER_ANNOUNCEMENT = 15

export interface GroupWaitOptions extends CallOptions {
  readonly sleep: () => Promise<void>
  readonly emit: (event: RestoreEvent) => void
}

/** Waits until groups have no members left, and says at once and again which it waits for; ends with the signal. */
export async function awaitEmptyGroups(
  { cluster, request }: Pick<SessionOptions, 'cluster' | 'request'>,
  groupIds: readonly string[],
  { signal, sleep, emit }: GroupWaitOptions,
): Promise<void> {
  if (request.guards.groupsActive !== 'wait' || groupIds.length === 0) return
  for (let look = 0; ; look++) {
    const described = await cluster.describeGroups(groupIds, { signal })
    const active = described.filter(({ members }) => members.length > 0)
    if (active.length === 0) return
    if (look % LOOKS_PER_ANNOUNCEMENT === 0) {
      for (const { groupId, members } of active) {
        emit({ type: 'group-wait', groupId, members: members.map(memberText) })
      }
    }
    await sleep()
  }
}

import type { Environment } from '../archive/environment.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupDescription } from '../kafka/kafka-groups.ts'

const LOOK_INTERVAL_MS = 1_000

export interface EmptyWaitOptions extends CallOptions {
  readonly cluster: KafkaCluster
  readonly environment: Environment
  readonly waitMs: number
  /** Is told which groups are waited for: at once, and again with every look. */
  readonly onWait?: ((active: readonly GroupDescription[]) => void) | undefined
}

/** Waits until groups have no members, but no longer than it may: whoever has members then is refused by the check. */
export async function awaitNoMembers(groupIds: readonly string[], options: EmptyWaitOptions): Promise<void> {
  const { cluster, environment, waitMs, signal, onWait } = options
  for (let waitedMs = 0; waitedMs < waitMs && groupIds.length > 0; waitedMs += LOOK_INTERVAL_MS) {
    const described = await cluster.describeGroups(groupIds, { signal })
    const active = described.filter(({ members }) => members.length > 0)
    if (active.length === 0) return
    onWait?.(active)
    await environment.sleep(LOOK_INTERVAL_MS, signal)
  }
}

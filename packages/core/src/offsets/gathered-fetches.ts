import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupOffsets } from '../kafka/kafka-groups.ts'

/** What it takes to change positions of groups. */
export type GroupOffsetCalls = Pick<KafkaCluster, 'commitGroupOffsets' | 'deleteGroupOffsets' | 'fetchGroupOffsets'>

interface Asked {
  readonly groupIds: readonly string[]
  readonly signal: AbortSignal | undefined
  resolve(answers: readonly GroupOffsets[]): void
  reject(error: unknown): void
}

/**
 * The same calls, of which fetches that come while one is under way are sent as one: a coordinator says where many groups
 * stand as fast as where one does. No fetch is sent before it was asked for, so it sees what was committed before that.
 *
 * For callers with one signal: a call that is sent for several takes that of the first.
 */
export function gatheringFetches(cluster: GroupOffsetCalls): GroupOffsetCalls {
  let waiting: Asked[] = []
  let isUnderWay = false
  const sendAll = async () => {
    if (isUnderWay) return
    isUnderWay = true
    while (waiting.length > 0) {
      const asked = waiting
      waiting = []
      await sendOne(cluster, asked)
    }
    isUnderWay = false
  }
  return {
    commitGroupOffsets: (...call) => cluster.commitGroupOffsets(...call),
    deleteGroupOffsets: (...call) => cluster.deleteGroupOffsets(...call),
    fetchGroupOffsets: (groupIds, { signal } = {}) =>
      new Promise((resolve, reject) => {
        waiting.push({ groupIds, signal, resolve, reject })
        void sendAll()
      }),
  }
}

/** Never rejects: whoever asked is told. */
async function sendOne(cluster: GroupOffsetCalls, asked: readonly Asked[]): Promise<void> {
  try {
    const groupIds = [...new Set(asked.flatMap((each) => each.groupIds))]
    const answers = await cluster.fetchGroupOffsets(groupIds, { signal: asked[0]?.signal })
    const byId = new Map(answers.map((answer) => [answer.groupId, answer]))
    for (const each of asked) each.resolve(each.groupIds.flatMap((groupId) => byId.get(groupId) ?? []))
  } catch (error) {
    for (const each of asked) each.reject(error)
  }
}

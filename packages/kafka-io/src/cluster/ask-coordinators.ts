import type { Broker } from '../connection/broker.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { type FoundCoordinator, findCoordinatorCodec } from '../requests/find-coordinator.ts'
import type { Call } from './call.ts'
import type { ClusterClient } from './cluster-client.ts'
import { type Destination, route } from './route.ts'

/** What a coordinator says of one group. */
export interface GroupAnswer {
  readonly groupId: string
  readonly errorCode: number
}

export interface CoordinatorQuestion<Answer> {
  /** No group twice. */
  readonly groupIds: readonly string[]
  /** Asks a coordinator about at most {@link GROUPS_A_REQUEST} groups; the answers may come in any order. */
  ask(broker: Broker, groupIds: readonly string[], call: Call): Promise<readonly Answer[]>
  unanswered(groupId: string, errorCode: number): Answer
}

/** Few enough that one answer stays small and that the connections of a coordinator share the work. */
const GROUPS_A_REQUEST = 32
const LOOKUPS_A_REQUEST = 500

/** Asks the coordinator of each group, following coordinators that move. Answers in the order of the groups. */
export function askCoordinators<Answer extends GroupAnswer>(
  client: ClusterClient,
  question: CoordinatorQuestion<Answer>,
  call: Call,
): Promise<readonly Answer[]> {
  return route<string, string, Answer>(
    {
      items: question.groupIds,
      locate: (groupIds) => locateCoordinators(client, groupIds, call),
      async ask(broker, groupIds) {
        const requests = chunksOf(groupIds, GROUPS_A_REQUEST).map((chunk) => question.ask(broker, chunk, call))
        const byGroup = new Map((await Promise.all(requests)).flat().map((answer) => [answer.groupId, answer]))
        return groupIds.map((id) => byGroup.get(id) ?? question.unanswered(id, ProtocolCode.unknownServerError))
      },
      unanswered: question.unanswered,
      errorCode: ({ errorCode }) => errorCode,
      misplaced(groupIds) {
        for (const groupId of groupIds) client.coordinators.delete(groupId)
      },
    },
    call,
  )
}

async function locateCoordinators(
  client: ClusterClient,
  groupIds: readonly string[],
  call: Call,
): Promise<readonly Destination<string>[]> {
  const unknown = groupIds.filter((groupId) => !client.coordinators.has(groupId))
  const failures = await lookUp(client, unknown, call)
  return groupIds.map((groupId) => {
    const broker = client.broker(client.coordinators.get(groupId) ?? -1)
    if (broker) return { found: true, broker, item: groupId }
    client.coordinators.delete(groupId)
    return { found: false, errorCode: failures.get(groupId) ?? ProtocolCode.coordinatorNotAvailable }
  })
}

/** Remembers the coordinators that are found, and answers with the error codes of the others. */
async function lookUp(
  client: ClusterClient,
  groupIds: readonly string[],
  call: Call,
): Promise<ReadonlyMap<string, number>> {
  if (groupIds.length === 0) return new Map()
  await client.refresh([], call)
  const found: FoundCoordinator[] = []
  for (const chunk of chunksOf(groupIds, LOOKUPS_A_REQUEST)) {
    found.push(...(await client.sendToAny(findCoordinatorCodec, chunk, call)).coordinators)
  }
  for (const { groupId, brokerId, errorCode } of found) {
    if (errorCode === 0) client.coordinators.set(groupId, brokerId)
  }
  return new Map(found.map(({ groupId, errorCode }) => [groupId, errorCode]))
}

function chunksOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_none, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

import { partitionName, type TopicPartition } from '@kbackup/core'
import type { Broker } from '../connection/broker.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import type { Call } from './call.ts'
import type { ClusterClient } from './cluster-client.ts'
import type { Leader } from './cluster-metadata.ts'
import { type Destination, route } from './route.ts'

/** An item with the epoch in which its leader was found. */
export type Led<Item> = Item & { readonly currentLeaderEpoch: number }

/** What a broker says of one partition. */
export interface PartitionAnswer extends TopicPartition {
  readonly errorCode: number
}

export interface LeaderQuestion<Item, Answer> {
  /** No partition twice. */
  readonly items: readonly Item[]
  /** Asks a leader; the answers may come in any order. */
  ask(broker: Broker, items: readonly Led<Item>[], call: Call): Promise<readonly Answer[]>
  unanswered(item: Item, errorCode: number): Answer
}

/** Asks the leader of each partition, following leaders that move. Answers in the order of the items. */
export function askLeaders<Item extends TopicPartition, Answer extends PartitionAnswer>(
  client: ClusterClient,
  question: LeaderQuestion<Item, Answer>,
  call: Call,
): Promise<readonly Answer[]> {
  return route<Item, Led<Item>, Answer>(
    {
      items: question.items,
      locate: (items) => locateLeaders(client, items, call),
      async ask(broker, items) {
        return inOrder(items, await question.ask(broker, items, call), question)
      },
      unanswered: question.unanswered,
      errorCode: ({ errorCode }) => errorCode,
      misplaced: (items) => client.metadata.expire(items.map(({ topic }) => topic)),
    },
    call,
  )
}

async function locateLeaders<Item extends TopicPartition>(
  client: ClusterClient,
  items: readonly Item[],
  call: Call,
): Promise<readonly Destination<Led<Item>>[]> {
  const leaders = await client.leaders(items, call)
  return items.map((item, index) => destination(client, item, leaders[index]))
}

function destination<Item extends TopicPartition>(
  client: ClusterClient,
  item: Item,
  leader: Leader | undefined,
): Destination<Led<Item>> {
  if (leader?.found !== true) return { found: false, errorCode: leader?.errorCode ?? ProtocolCode.leaderNotAvailable }
  const broker = client.broker(leader.brokerId)
  if (!broker) return { found: false, errorCode: ProtocolCode.leaderNotAvailable }
  return { found: true, broker, item: { ...item, currentLeaderEpoch: leader.leaderEpoch } }
}

/** Brokers may group and reorder partitions. */
function inOrder<Item extends TopicPartition, Answer extends PartitionAnswer>(
  items: readonly Item[],
  answers: readonly Answer[],
  { unanswered }: LeaderQuestion<Item, Answer>,
): readonly Answer[] {
  const byPartition = new Map(answers.map((answer) => [partitionName(answer), answer]))
  return items.map((item) => byPartition.get(partitionName(item)) ?? unanswered(item, ProtocolCode.unknownServerError))
}

import { type CallOptions, type OffsetAnswer, type OffsetQuery, partitionName } from '@kbackup/core'
import { askLeaders } from '../cluster/ask-leaders.ts'
import type { Call } from '../cluster/call.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { protocolError } from '../protocol/protocol-errors.ts'
import { type ListedOffset, listOffsetsCodec } from '../requests/list-offsets.ts'
import { askWithoutRepeats } from './without-repeats.ts'

const EARLIEST = -2n
const LATEST = -1n

export function listOffsets(
  client: ClusterClient,
  queries: readonly OffsetQuery[],
  options?: CallOptions,
): Promise<readonly OffsetAnswer[]> {
  const call = client.begin(options)
  // The isolation level is of the whole request, and a broker refuses a partition that a request names twice.
  const sharing = { name: partitionName, kind: isolationOf }
  return askWithoutRepeats<OffsetQuery, OffsetAnswer>(queries, sharing, (share) => listShare(client, share, call))
}

async function listShare(client: ClusterClient, queries: readonly OffsetQuery[], call: Call) {
  const answers = await askLeaders<OffsetQuery, ListedOffset>(
    client,
    {
      items: queries,
      async ask(broker, items, { signal }) {
        const partitions = items.map(({ topic, partition, currentLeaderEpoch, at }) => {
          return { topic, partition, leaderEpoch: currentLeaderEpoch, timestamp: timestampOf(at) }
        })
        const isolation = items.map(isolationOf).at(0) ?? 'read_uncommitted'
        return (await broker.send('other', listOffsetsCodec, { isolation, partitions }, { signal })).partitions
      },
      unanswered: ({ topic, partition }, errorCode) => {
        return { topic, partition, errorCode, offset: -1n, timestamp: -1n, leaderEpoch: -1 }
      },
    },
    call,
  )
  return answers.map(toOffsetAnswer)
}

function toOffsetAnswer({ errorCode, ...answer }: ListedOffset): OffsetAnswer {
  if (errorCode === 0) return answer
  return { ...answer, offset: -1n, error: protocolError(errorCode) }
}

function isolationOf({ at }: OffsetQuery): 'read_committed' | 'read_uncommitted' {
  return at === 'last-stable' ? 'read_committed' : 'read_uncommitted'
}

function timestampOf(at: OffsetQuery['at']): bigint {
  if (typeof at === 'object') return at.timestamp
  return at === 'earliest' ? EARLIEST : LATEST
}

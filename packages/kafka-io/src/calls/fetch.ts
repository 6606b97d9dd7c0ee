import type { CallOptions, FetchedPartition, FetchPartition, FetchRequest, FetchResponse } from '@kbackup/core'
import { askLeaders, type Led } from '../cluster/ask-leaders.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { protocolError } from '../protocol/protocol-errors.ts'
import { fetchCodec, type LeaderFetchedPartition, type LeaderFetchResponse } from '../requests/fetch.ts'
import { assertDistinct } from './assert-distinct.ts'

export async function fetch(
  client: ClusterClient,
  request: FetchRequest,
  options?: CallOptions,
): Promise<FetchResponse> {
  const call = client.begin(options)
  assertDistinct(request.partitions, 'fetch')
  let throttleTimeMs = 0
  const answers = await askLeaders<FetchPartition, LeaderFetchedPartition>(
    client,
    {
      items: request.partitions,
      async ask(broker, items, { signal }) {
        const timeoutMs = client.requestTimeoutMs + request.maxWaitMs
        for (;;) {
          const response = await broker.send('fetch', fetchCodec, leaderRequest(request, items), { signal, timeoutMs })
          throttleTimeMs = Math.max(throttleTimeMs, response.throttleTimeMs)
          if (isHeldBack(response)) continue
          if (response.errorCode === 0) return response.partitions
          return items.map((item) => noRecords(item, response.errorCode))
        }
      },
      unanswered: noRecords,
    },
    call,
  )
  const release = () => {
    for (const { records } of answers) client.frames.giveBack(records)
  }
  return { partitions: answers.map(toFetchedPartition), throttleTimeMs, release }
}

/**
 * Who has exceeded a quota is answered at once, with no partition at all, and is to wait (KIP-219): the connection does so
 * before it sends the next request.
 */
function isHeldBack({ errorCode, throttleTimeMs, partitions }: LeaderFetchResponse): boolean {
  return errorCode === 0 && throttleTimeMs > 0 && partitions.length === 0
}

/** Each leader gets a share of the whole limit, by its part of the partitions. */
function leaderRequest(request: FetchRequest, items: readonly Led<FetchPartition>[]) {
  const share = Math.floor((request.maxBytes * items.length) / request.partitions.length)
  const partitions = items.map((item) => ({ ...item, leaderEpoch: item.currentLeaderEpoch }))
  return { ...request, maxBytes: Math.max(share, 1), partitions }
}

function noRecords({ topic, partition }: FetchPartition, errorCode: number): LeaderFetchedPartition {
  const unknown = { highWatermark: -1n, lastStableOffset: -1n, logStartOffset: -1n }
  return { topic, partition, errorCode, ...unknown, abortedTransactions: [], records: Buffer.alloc(0) }
}

function toFetchedPartition({ errorCode, ...fetched }: LeaderFetchedPartition): FetchedPartition {
  return errorCode === 0 ? fetched : { ...fetched, error: protocolError(errorCode) }
}

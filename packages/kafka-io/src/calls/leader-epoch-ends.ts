import { type CallOptions, type LeaderEpochEnd, type LeaderEpochQuery, partitionName } from '@kbackup/core'
import { askLeaders } from '../cluster/ask-leaders.ts'
import type { Call } from '../cluster/call.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { protocolError } from '../protocol/protocol-errors.ts'
import { type EpochEnd, offsetForLeaderEpochCodec } from '../requests/offset-for-leader-epoch.ts'
import { askWithoutRepeats } from './without-repeats.ts'

export function leaderEpochEnds(
  client: ClusterClient,
  queries: readonly LeaderEpochQuery[],
  options?: CallOptions,
): Promise<readonly LeaderEpochEnd[]> {
  const call = client.begin(options)
  return askWithoutRepeats<LeaderEpochQuery, LeaderEpochEnd>(queries, { name: partitionName }, (share) =>
    askShare(client, share, call),
  )
}

async function askShare(client: ClusterClient, queries: readonly LeaderEpochQuery[], call: Call) {
  const answers = await askLeaders<LeaderEpochQuery, EpochEnd>(
    client,
    {
      items: queries,
      async ask(broker, items, { signal }) {
        return (await broker.send('other', offsetForLeaderEpochCodec, items, { signal })).partitions
      },
      unanswered: ({ topic, partition }, errorCode) => {
        return { topic, partition, errorCode, leaderEpoch: -1, endOffset: -1n }
      },
    },
    call,
  )
  return answers.map(({ errorCode, ...end }) => (errorCode === 0 ? end : { ...end, error: protocolError(errorCode) }))
}

import type { CallOptions, OffsetAnswer, TopicPartition } from '@kbackup/core'
import { askLeaders } from '../cluster/ask-leaders.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { protocolError } from '../protocol/protocol-errors.ts'
import { type DeletedRecords, deleteRecordsCodec } from '../requests/delete-records.ts'
import { assertDistinct } from './assert-distinct.ts'

type Deletion = TopicPartition & { readonly beforeOffset: bigint }

export async function deleteRecords(
  client: ClusterClient,
  deletions: readonly Deletion[],
  options?: CallOptions,
): Promise<readonly OffsetAnswer[]> {
  const call = client.begin(options)
  assertDistinct(deletions, 'deleteRecords')
  const timeoutMs = client.requestTimeoutMs
  const answers = await askLeaders<Deletion, DeletedRecords>(
    client,
    {
      items: deletions,
      async ask(broker, partitions, { signal }) {
        return (await broker.send('other', deleteRecordsCodec, { partitions, timeoutMs }, { signal })).partitions
      },
      unanswered: ({ topic, partition }, errorCode) => ({ topic, partition, errorCode, lowWatermark: -1n }),
    },
    call,
  )
  return answers.map(({ topic, partition, errorCode, lowWatermark }) => {
    const answer = { topic, partition, offset: lowWatermark, timestamp: -1n, leaderEpoch: -1 }
    return errorCode === 0 ? answer : { ...answer, offset: -1n, error: protocolError(errorCode) }
  })
}

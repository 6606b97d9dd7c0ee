import type { CallOptions, PartitionProducers, TopicPartition } from '@kbackup/core'
import { askLeaders } from '../cluster/ask-leaders.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { protocolError } from '../protocol/protocol-errors.ts'
import { type DescribedProducers, describeProducersCodec } from '../requests/describe-producers.ts'
import { assertDistinct } from './assert-distinct.ts'

export async function describeProducers(
  client: ClusterClient,
  partitions: readonly TopicPartition[],
  options?: CallOptions,
): Promise<readonly PartitionProducers[]> {
  const call = client.begin(options)
  assertDistinct(partitions, 'describeProducers')
  const answers = await askLeaders<TopicPartition, DescribedProducers>(
    client,
    {
      items: partitions,
      async ask(broker, items, { signal }) {
        return (await broker.send('other', describeProducersCodec, items, { signal })).partitions
      },
      unanswered: ({ topic, partition }, errorCode) => {
        return { topic, partition, errorCode, errorMessage: null, producers: [] }
      },
    },
    call,
  )
  return answers.map(({ topic, partition, producers, errorCode, errorMessage }) => {
    const described = { topic, partition, producers }
    return errorCode === 0 ? described : { ...described, error: protocolError(errorCode, errorMessage) }
  })
}

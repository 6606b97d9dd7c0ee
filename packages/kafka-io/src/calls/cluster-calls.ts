import type { CallOptions, ClusterDescription, ProducerIdentity } from '@kbackup/core'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { initProducerIdCodec } from '../requests/init-producer-id.ts'
import { retryCode } from './retry-code.ts'

export async function describeCluster(client: ClusterClient, options?: CallOptions): Promise<ClusterDescription> {
  const { clusterId, controllerId, brokers } = await client.refresh([], client.begin(options))
  return { clusterId: clusterId ?? '', controllerId, brokers }
}

export async function allocateProducerId(client: ClusterClient, options?: CallOptions): Promise<ProducerIdentity> {
  const call = client.begin(options)
  const ask = () => client.sendToAny(initProducerIdCodec, null, call)
  const { producerId, producerEpoch } = await retryCode(ask, call, 'a producer id cannot be had')
  return { producerId, producerEpoch }
}

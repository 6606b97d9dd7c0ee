import type { CallOptions } from '@kbackup/core'
import { type ClusterClient, isPassing } from '../cluster/cluster-client.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { type DescribeConfigsResponse, describeBrokerConfigCodec } from '../requests/describe-configs.ts'
import { refusal } from './refusal.ts'

/** The settings of one broker; empty where they may not be read. */
export async function describeBrokerConfig(
  client: ClusterClient,
  options?: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const call = client.begin(options)
  for (;;) {
    const { brokers } = await client.refresh([], call)
    for (const { brokerId } of brokers) {
      try {
        const broker = client.broker(brokerId)
        if (broker === undefined) continue
        return settingsOf(await broker.send('other', describeBrokerConfigCodec, [String(brokerId)], call))
      } catch (error) {
        if (!isPassing(error)) throw error
      }
    }
    if (!(await call.budget.wait())) return new Map()
  }
}

function settingsOf({ topics: resources }: DescribeConfigsResponse): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  for (const { errorCode, entries } of resources) {
    if (errorCode === ProtocolCode.clusterAuthorizationFailed) continue
    if (errorCode !== 0) throw refusal(errorCode, 'the configuration of a broker cannot be read')
    for (const { name, value } of entries) if (value !== null) settings.set(name, value)
  }
  return settings
}

import { type CallOptions, type GroupListing, KbackupError } from '@kbackup/core'
import type { Call } from '../cluster/call.ts'
import { type ClusterClient, isPassing } from '../cluster/cluster-client.ts'
import { listGroupsCodec } from '../requests/list-groups.ts'
import { retryCode } from './retry-code.ts'

export async function listGroups(client: ClusterClient, options?: CallOptions): Promise<readonly GroupListing[]> {
  const call = client.begin(options)
  const listings = await listAtAll(client, call)
  // A group whose coordinator moves between two answers may stand in both.
  const byId = new Map(listings.flat().map((group) => [group.groupId, group]))
  return [...byId.values()].sort((left, right) => (left.groupId < right.groupId ? -1 : 1))
}

/** Where a broker goes away meanwhile, those that are left have its groups, and are asked anew. */
async function listAtAll(client: ClusterClient, call: Call): Promise<readonly (readonly GroupListing[])[]> {
  for (;;) {
    const { brokers } = await client.refresh([], call)
    try {
      return await Promise.all(brokers.map(({ brokerId }) => listGroupsOf(client, brokerId, call)))
    } catch (error) {
      if (!isPassing(error) || !(await call.budget.wait())) throw error
    }
  }
}

async function listGroupsOf(client: ClusterClient, brokerId: number, call: Call): Promise<readonly GroupListing[]> {
  const ask = async () => {
    const broker = client.broker(brokerId)
    if (!broker) throw gone(brokerId)
    return broker.send('coordinator', listGroupsCodec, null, { signal: call.signal })
  }
  return (await retryCode(ask, call, `broker ${brokerId} does not list its groups`)).groups
}

function gone(brokerId: number): KbackupError {
  return new KbackupError('KB_KAFKA_UNAVAILABLE', {
    message: `broker ${brokerId} left the cluster while its groups were listed`,
    hint: 'list them again',
    details: { brokerId },
  })
}

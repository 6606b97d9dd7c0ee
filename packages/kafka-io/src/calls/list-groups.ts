import { type GroupListing, KbackupError, type ListGroupsOptions } from '@kbackup/core'
import type { Call } from '../cluster/call.ts'
import { type ClusterClient, isPassing } from '../cluster/cluster-client.ts'
import { listGroupsCodec } from '../requests/list-groups.ts'
import { coordinatorProbes, coordinatorsOf } from './coordinator-probes.ts'
import { retryCode } from './retry-code.ts'

/**
 * A broker lists the groups of those partitions of `__consumer_offsets` that it has read, without a word of those that it is
 * still to read. So all are asked for first, and once more afterwards: those that stayed where they were have been listed.
 */
export async function listGroups(
  client: ClusterClient,
  { allowMissing = false, ...options }: ListGroupsOptions = {},
): Promise<readonly GroupListing[]> {
  const call = client.begin(options)
  const probes = allowMissing ? [] : await coordinatorProbes(client, call)
  for (;;) {
    const before = await coordinatorsOf(client, probes, call)
    const listings = await listAtAll(client, call)
    const after = await coordinatorsOf(client, probes, call)
    if (before.every((brokerId, index) => brokerId === after[index])) return joined(listings)
    if (!(await call.budget.wait())) throw moving()
  }
}

/** A group whose coordinator moves between two answers may stand in both. */
function joined(listings: readonly (readonly GroupListing[])[]): readonly GroupListing[] {
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

function moving(): KbackupError {
  return new KbackupError('KB_KAFKA_UNAVAILABLE', {
    message: 'coordinators of groups kept moving between brokers while groups were listed',
    hint: 'list them again once the brokers have come to rest',
  })
}

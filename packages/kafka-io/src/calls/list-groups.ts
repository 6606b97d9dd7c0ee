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
    const attempt = await listOnce(client, probes, call)
    if ('groups' in attempt) return attempt.groups
    if (!(await call.budget.wait())) throw attempt.failure
  }
}

type Attempt = { readonly groups: readonly GroupListing[] } | { readonly failure: KbackupError }

/** Fails where a coordinator moved, or a broker went away: it may be back at once, and still have to read its groups again. */
async function listOnce(client: ClusterClient, probes: readonly string[], call: Call): Promise<Attempt> {
  const before = await coordinatorsOf(client, probes, call)
  const { brokers } = await client.refresh([], call)
  try {
    const listings = await Promise.all(brokers.map(({ brokerId }) => listGroupsOf(client, brokerId, call)))
    const after = await coordinatorsOf(client, probes, call)
    const areSame = before.every((brokerId, index) => brokerId === after[index])
    return areSame ? { groups: joined(listings) } : { failure: moving() }
  } catch (failure) {
    if (!isPassing(failure)) throw failure
    return { failure }
  }
}

/** A group whose coordinator moves between two answers may stand in both. */
function joined(listings: readonly (readonly GroupListing[])[]): readonly GroupListing[] {
  const byId = new Map(listings.flat().map((group) => [group.groupId, group]))
  return [...byId.values()].sort((left, right) => (left.groupId < right.groupId ? -1 : 1))
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

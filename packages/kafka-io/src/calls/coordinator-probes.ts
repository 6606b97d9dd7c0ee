import { KbackupError, OFFSETS_TOPIC, offsetsTopicPartition } from '@kbackup/core'
import { askCoordinators, type GroupAnswer } from '../cluster/ask-coordinators.ts'
import type { Call } from '../cluster/call.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { knownError } from '../protocol/protocol-errors.ts'
import { offsetFetchCodec } from '../requests/offset-fetch.ts'
import { existingTopics } from './describe-topics.ts'

/**
 * Ids of groups that do not exist, one for each partition of `__consumer_offsets`: what is asked about such a group is
 * answered by the coordinator of its partition, once that one has read it.
 *
 * None where the number of partitions is not known, and where this client may not ask about groups that are not its own.
 */
export async function coordinatorProbes(client: ClusterClient, call: Call): Promise<readonly string[]> {
  if (!client.mayProbeCoordinators) return []
  const [offsets] = await existingTopics(client, [OFFSETS_TOPIC], call)
  const probes = offsets?.errorCode === 0 ? probesOf(offsets.partitions.length) : []
  const [first] = await ask(client, probes.slice(0, 1), call)
  client.mayProbeCoordinators = first?.errorCode !== ProtocolCode.groupAuthorizationFailed
  return client.mayProbeCoordinators ? probes : []
}

function probesOf(partitionCount: number): readonly string[] {
  const probes = new Map<number, string>()
  for (let number = 0; probes.size < partitionCount; number += 1) {
    const groupId = `kbackup-probe-${number}`
    const partition = offsetsTopicPartition(groupId, partitionCount)
    if (!probes.has(partition)) probes.set(partition, groupId)
  }
  return [...probes.values()]
}

/**
 * Waits until each has a coordinator that answers, and says which broker that is, one for one.
 *
 * @throws KbackupError `KB_KAFKA_UNAVAILABLE` where one has none for too long
 */
export async function coordinatorsOf(
  client: ClusterClient,
  probes: readonly string[],
  call: Call,
): Promise<readonly (number | undefined)[]> {
  const answers = await ask(client, probes, call)
  const silent = answers.filter(({ errorCode }) => knownError(errorCode).retriable)
  if (silent.length > 0) throw noCoordinator(silent, probes.length)
  return probes.map((probe) => client.coordinators.get(probe))
}

function ask(client: ClusterClient, probes: readonly string[], call: Call): Promise<readonly GroupAnswer[]> {
  return askCoordinators<GroupAnswer>(
    client,
    {
      groupIds: probes,
      ask: async (broker, some, { signal }) =>
        (await broker.send('coordinator', offsetFetchCodec, some, { signal })).groups,
      unanswered: (groupId, errorCode) => ({ groupId, errorCode }),
    },
    call,
  )
}

function noCoordinator(silent: readonly GroupAnswer[], partitionCount: number): KbackupError {
  const partitions = silent.map(({ groupId }) => offsetsTopicPartition(groupId, partitionCount)).sort((a, b) => a - b)
  return new KbackupError('KB_KAFKA_UNAVAILABLE', {
    message: `not all groups can be listed: partitions ${partitions.join(', ')} of ${OFFSETS_TOPIC} have no coordinator`,
    hint: `bring back the brokers that hold these partitions of ${OFFSETS_TOPIC}`,
    details: { partitions },
  })
}

import { type CallOptions, type GroupDescription, KbackupError } from '@kbackup/core'
import { askCoordinators } from '../cluster/ask-coordinators.ts'
import type { Call } from '../cluster/call.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { protocolError } from '../protocol/protocol-errors.ts'
import type { RequestCodec } from '../protocol/request-codec.ts'
import { consumerGroupDescribeCodec } from '../requests/consumer-group-describe.ts'
import { describeGroupsCodec } from '../requests/describe-groups.ts'
import type { DescribedGroup, DescribedGroups } from '../requests/described-group.ts'

/** What brokers say of a group that is not a classic one, and of one that does not exist. */
const DEAD = 'Dead'

export async function describeGroups(
  client: ClusterClient,
  groupIds: readonly string[],
  options?: CallOptions,
): Promise<readonly GroupDescription[]> {
  const call = client.begin(options)
  const asked = [...new Set(groupIds)]
  const classic = await describeWith(client, describeGroupsCodec, asked, call)
  const unknown = classic.filter(isUnknown).map(({ groupId }) => groupId)
  const modern = await describeModern(client, unknown, call)
  const byId = new Map(
    [...classic, ...modern.filter((group) => !isUnknown(group))].map((group) => [group.groupId, group]),
  )
  return groupIds.map((groupId) => toDescription(byId.get(groupId) ?? undescribed(groupId, 0)))
}

/** The groups of KIP-848, which the older request does not see; none where brokers do not know of such groups. */
async function describeModern(client: ClusterClient, groupIds: readonly string[], call: Call) {
  if (groupIds.length === 0) return []
  try {
    return await describeWith(client, consumerGroupDescribeCodec, groupIds, call)
  } catch (error) {
    if (KbackupError.is(error, 'KB_KAFKA_UNSUPPORTED')) return []
    throw error
  }
}

function describeWith(
  client: ClusterClient,
  codec: RequestCodec<readonly string[], DescribedGroups>,
  groupIds: readonly string[],
  call: Call,
): Promise<readonly DescribedGroup[]> {
  return askCoordinators<DescribedGroup>(
    client,
    {
      groupIds,
      async ask(broker, some, { signal }) {
        return (await broker.send('coordinator', codec, some, { signal })).groups
      },
      unanswered: undescribed,
    },
    call,
  )
}

function undescribed(groupId: string, errorCode: number): DescribedGroup {
  return { groupId, errorCode, errorMessage: null, state: DEAD, protocolType: '', members: [] }
}

function isUnknown({ errorCode, state }: DescribedGroup): boolean {
  return (
    errorCode === ProtocolCode.groupIdNotFound ||
    errorCode === ProtocolCode.unsupportedVersion ||
    (errorCode === 0 && state === DEAD)
  )
}

function toDescription({ groupId, state, protocolType, members, errorCode, errorMessage }: DescribedGroup) {
  const described = { groupId, state, protocolType, members }
  return errorCode === 0 ? described : { ...described, error: protocolError(errorCode, errorMessage) }
}

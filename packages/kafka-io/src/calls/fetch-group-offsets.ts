import type { CallOptions, GroupOffset, GroupOffsets } from '@kbackup/core'
import { askCoordinators } from '../cluster/ask-coordinators.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { protocolError } from '../protocol/protocol-errors.ts'
import { type FetchedGroupOffset, type FetchedGroupOffsets, offsetFetchCodec } from '../requests/offset-fetch.ts'

export async function fetchGroupOffsets(
  client: ClusterClient,
  groupIds: readonly string[],
  options?: CallOptions,
): Promise<readonly GroupOffsets[]> {
  const call = client.begin(options)
  const answers = await askCoordinators<FetchedGroupOffsets>(
    client,
    {
      groupIds: [...new Set(groupIds)],
      async ask(broker, some, { signal }) {
        const { groups } = await broker.send('coordinator', offsetFetchCodec, some, { signal })
        return groups.map(withErrorOfOffsets)
      },
      unanswered: (groupId, errorCode) => ({ groupId, errorCode, offsets: [] }),
    },
    call,
  )
  const byId = new Map(answers.map((answer) => [answer.groupId, toGroupOffsets(answer)]))
  return groupIds.flatMap((groupId) => byId.get(groupId) ?? [])
}

/** A position that a transaction is about to change is an error of the group: half of its positions are of no use. */
function withErrorOfOffsets(group: FetchedGroupOffsets): FetchedGroupOffsets {
  const failed = group.offsets.find(({ errorCode }) => errorCode !== 0)
  return group.errorCode === 0 && failed ? { ...group, errorCode: failed.errorCode } : group
}

/** How a coordinator says that there is no position. */
const NO_POSITION = -1n

function toGroupOffsets({ groupId, errorCode, offsets }: FetchedGroupOffsets): GroupOffsets {
  const known = offsets.filter((offset) => offset.errorCode === 0 && offset.offset !== NO_POSITION)
  const committed = known.map(toGroupOffset)
  return errorCode === 0
    ? { groupId, offsets: committed }
    : { groupId, offsets: committed, error: protocolError(errorCode) }
}

function toGroupOffset({ topic, partition, offset, leaderEpoch, metadata }: FetchedGroupOffset): GroupOffset {
  return { topic, partition, offset, leaderEpoch, metadata }
}

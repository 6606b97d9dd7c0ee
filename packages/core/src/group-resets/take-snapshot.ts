import { timedId } from '../archive/timed-id.ts'
import { closeNames } from '../config/close-names.ts'
import { selectTopics } from '../config/topic-selection.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import { CONSUMER_TYPES } from '../offsets/group-reset-check.ts'
import { chooseGroupIds } from './group-choice.ts'
import { fromStored, type TakenSnapshot } from './group-snapshot.ts'
import { readableOffsets } from './readable-offsets.ts'
import type { SnapshotGroup } from './reset-entries.ts'
import type { ResetWriting } from './reset-journal.ts'
import { assertChangeId } from './reset-keys.ts'
import { writeSnapshot } from './snapshot-store.ts'

const NONCE_BYTES = 4

export interface SnapshotTaking extends ResetWriting {
  readonly cluster: KafkaCluster
  /** All groups with positions where absent. */
  readonly groups: readonly string[] | undefined
  readonly description: string | undefined
  /** One is made up where absent. */
  readonly snapshotId: string | undefined
}

/** Writes down where groups of a live cluster stand. */
export async function takeSnapshot(taking: SnapshotTaking): Promise<TakenSnapshot> {
  const { cluster, environment, signal, description = null } = taking
  const takenAtMs = BigInt(environment.nowMs())
  const snapshotId = taking.snapshotId ?? timedId(takenAtMs, environment.nonce(NONCE_BYTES))
  assertChangeId(snapshotId)
  const { clusterId, brokers } = await cluster.describeCluster({ signal })
  const found = await positionsOf(taking)
  const snapshot = {
    format: 1,
    snapshotId,
    description,
    clusterId,
    brokers: brokers.map(({ host, port }) => `${host}:${port}`),
    takenAtMs,
    groups: found.groups,
  } as const
  await writeSnapshot(taking, snapshot)
  return { ...fromStored(snapshot), notInCluster: found.notInCluster }
}

interface FoundGroups {
  readonly groups: readonly SnapshotGroup[]
  readonly notInCluster: TakenSnapshot['notInCluster']
}

async function positionsOf({ cluster, groups, signal }: SnapshotTaking): Promise<FoundGroups> {
  const listed = (await cluster.listGroups({ signal })).filter(({ type }) => CONSUMER_TYPES.has(type))
  const known = listed.map(({ groupId }) => ({ topic: groupId }))
  // A group that is named and not there is there without positions: that can be brought back, too.
  const { missingLiterals } = selectTopics(groups ?? [], known)
  const available = [...known.map(({ topic }) => topic), ...missingLiterals]
  const fetched = await cluster.fetchGroupOffsets(chooseGroupIds(groups, available, 'the cluster'), { signal })
  const names = known.map(({ topic }) => topic)
  return {
    groups: fetched.map((group) => ({
      groupId: group.groupId,
      offsets: readableOffsets(group, 'no snapshot was taken'),
    })),
    notInCluster: missingLiterals.map((groupId) => ({ groupId, close: closeNames(groupId, names) })),
  }
}

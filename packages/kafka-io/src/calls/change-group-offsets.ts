import {
  type CallOptions,
  type GroupOffset,
  type GroupOffsetResult,
  partitionName,
  type TopicPartition,
} from '@kbackup/core'
import { askCoordinators } from '../cluster/ask-coordinators.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import type { Broker } from '../connection/broker.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { knownError, protocolError } from '../protocol/protocol-errors.ts'
import { type OffsetOutcome, offsetCommitCodec } from '../requests/offset-commit.ts'
import { offsetDeleteCodec } from '../requests/offset-delete.ts'
import { assertDistinct } from './assert-distinct.ts'

interface OffsetChange {
  readonly groupId: string
  readonly partitions: readonly TopicPartition[]
  send(broker: Broker, signal: AbortSignal | undefined): Promise<readonly OffsetOutcome[]>
}

interface OffsetOutcomes {
  readonly groupId: string
  /** Of the first partition whose error passes, for which all are sent again: either change may be made twice. */
  readonly errorCode: number
  readonly outcomes: readonly OffsetOutcome[]
}

export function commitGroupOffsets(
  client: ClusterClient,
  { groupId, offsets }: { readonly groupId: string; readonly offsets: readonly GroupOffset[] },
  options?: CallOptions,
): Promise<readonly GroupOffsetResult[]> {
  const send = async (broker: Broker, signal: AbortSignal | undefined) => {
    return (await broker.send('coordinator', offsetCommitCodec, { groupId, offsets }, { signal })).partitions
  }
  return changeOffsets(client, { groupId, partitions: offsets, send }, options)
}

export function deleteGroupOffsets(
  client: ClusterClient,
  { groupId, partitions }: { readonly groupId: string; readonly partitions: readonly TopicPartition[] },
  options?: CallOptions,
): Promise<readonly GroupOffsetResult[]> {
  const send = async (broker: Broker, signal: AbortSignal | undefined) => {
    const answer = await broker.send('coordinator', offsetDeleteCodec, { groupId, partitions }, { signal })
    return answer.errorCode === 0 ? answer.partitions : withError(partitions, answer.errorCode)
  }
  return changeOffsets(client, { groupId, partitions, send }, options)
}

async function changeOffsets(
  client: ClusterClient,
  { groupId, partitions, send }: OffsetChange,
  options: CallOptions | undefined,
): Promise<readonly GroupOffsetResult[]> {
  const call = client.begin(options)
  assertDistinct(partitions, `a change of the positions of group ${groupId}`)
  if (partitions.length === 0) return []
  const answers = await askCoordinators<OffsetOutcomes>(
    client,
    {
      groupIds: [groupId],
      async ask(broker, _groupIds, { signal }) {
        const outcomes = await send(broker, signal)
        return [{ groupId, outcomes, errorCode: passingError(outcomes) }]
      },
      unanswered: (_groupId, errorCode) => ({ groupId, errorCode, outcomes: withError(partitions, errorCode) }),
    },
    call,
  )
  return inOrder(
    partitions,
    answers.flatMap(({ outcomes }) => outcomes),
  )
}

function inOrder(partitions: readonly TopicPartition[], outcomes: readonly OffsetOutcome[]): GroupOffsetResult[] {
  const codes = new Map(outcomes.map((outcome) => [partitionName(outcome), outcome.errorCode]))
  return partitions.map(({ topic, partition }) => {
    const error = protocolError(codes.get(partitionName({ topic, partition })) ?? ProtocolCode.unknownServerError)
    return error ? { topic, partition, error } : { topic, partition }
  })
}

function passingError(outcomes: readonly OffsetOutcome[]): number {
  const passing = outcomes.find(({ errorCode }) => errorCode !== 0 && knownError(errorCode).retriable)
  return passing?.errorCode ?? 0
}

function withError(partitions: readonly TopicPartition[], errorCode: number): readonly OffsetOutcome[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition, errorCode }))
}

import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { OffsetAnswer, OffsetPoint } from '../kafka/kafka-topics.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'

/** What the leader of a partition said of its log at one moment. */
export interface PartitionObservation extends TopicPartition {
  readonly logStartOffset: bigint
  /** Every offset below is decided: in no open transaction, and on all in-sync replicas. */
  readonly lastStableOffset: bigint
  readonly highWatermark: bigint
  /** −1 where unknown. Every offset below the last stable one was written in this epoch or an earlier one. */
  readonly leaderEpoch: number
  /** When it was asked: what is appended later is stamped later, as far as the clocks agree. */
  readonly observedAtMs: bigint
}

/** A partition of which nothing could be learned. */
export interface UnobservedPartition extends TopicPartition {
  readonly error: ProtocolError
}

const POINTS: readonly OffsetPoint[] = ['earliest', 'last-stable', 'latest']

/** Asks for start, last stable offset and end of the logs, in this order within each partition. */
export async function observePartitions(
  source: KafkaCluster,
  partitions: readonly TopicPartition[],
  { signal, nowMs }: CallOptions & { readonly nowMs: () => number },
): Promise<readonly (PartitionObservation | UnobservedPartition)[]> {
  const queries = partitions.flatMap(({ topic, partition }) => POINTS.map((at) => ({ topic, partition, at })))
  const observedAtMs = BigInt(nowMs())
  const answers = queries.length === 0 ? [] : await source.listOffsets(queries, { signal })
  return partitions.map(({ topic, partition }, index) => {
    const [earliest, stable, latest] = answers.slice(index * POINTS.length, (index + 1) * POINTS.length)
    const failed = [earliest, stable, latest].find((answer) => answer?.error !== undefined)?.error
    if (failed !== undefined) return { topic, partition, error: failed }
    return { topic, partition, observedAtMs, ...offsetsOf(earliest, stable, latest) }
  })
}

function offsetsOf(earliest?: OffsetAnswer, stable?: OffsetAnswer, latest?: OffsetAnswer) {
  return {
    logStartOffset: earliest?.offset ?? 0n,
    lastStableOffset: stable?.offset ?? 0n,
    highWatermark: latest?.offset ?? 0n,
    leaderEpoch: stable?.leaderEpoch ?? -1,
  }
}

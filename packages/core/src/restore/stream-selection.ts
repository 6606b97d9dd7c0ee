import type { ArchiveState, TopicState } from '../archive/archive-state.ts'
import { requireTopics } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { bothWant } from './key-routing.ts'
import type { RestoreRequest } from './restore-request.ts'
import type { RestoreStream } from './restore-stream.ts'
import { archivedDataTopics, type PartitionSource, selectTopicSource, type TopicSource } from './source-selection.ts'

/** A topic that is selected, the name it gets, and its streams: by the archive and the request alone. */
export interface SelectedTopic {
  readonly source: TopicSource
  readonly target: string
  /** Of the target, if it is created: room for every partition of the source, restored or not. */
  readonly partitionCount: number
  readonly streams: readonly RestoreStream[]
}

/**
 * What is restored where, in the order of topics and partitions.
 *
 * @throws KbackupError `KB_TOPIC_NOT_FOUND`, `KB_NO_TOPICS_MATCHED`, `KB_CONFIG_INVALID` where two topics would share a target
 */
export function selectStreams(state: ArchiveState, request: RestoreRequest): readonly SelectedTopic[] {
  const available = archivedDataTopics(state).map(({ topic }) => ({ topic }))
  const names = requireTopics(request.topics, available, `the archive ${request.backupId}`)
  const selected = names.flatMap((name) => {
    const topic = state.topics.get(name)
    if (topic === undefined) return []
    const source = selectTopicSource(topic, request.selectionOf)
    const target = request.rename(name)
    return [
      {
        source,
        target,
        partitionCount: partitionsFor(topic, request),
        streams: streamsOf(source, { target, request }),
      },
    ]
  })
  assertDistinctTargets(selected)
  return selected
}

function partitionsFor(topic: TopicState, { targetPartitionOf, keyRouting }: RestoreRequest): number {
  if (keyRouting.repartition !== null) return keyRouting.repartition.partitionCount
  const targets = Array.from({ length: topic.partitionCount }, (_, partition) =>
    targetPartitionOf(topic.topic, partition),
  )
  return targets.reduce((count, target) => Math.max(count, target + 1), 1)
}

/** What decides about single records. */
export type RecordRules = Pick<RestoreRequest, 'keyRouting' | 'transform'>

interface StreamTarget {
  readonly target: string
  readonly request: RestoreRequest
}

function streamsOf(topic: TopicSource, { target, request }: StreamTarget): readonly RestoreStream[] {
  return topic.partitions.flatMap((partition) => {
    const { selection, slices } = partition
    if (selection === null) return []
    const source = lineageOf(partition)
    const filter = { window: selection.window, dropAboveBytes: null, dropNullKeys: false, dropCopies: [] }
    return targetPartitions(source, request).map((number) => ({
      source,
      target: { topic: target, partition: number },
      slices,
      filter,
      ...recordRules(request, { source: source.partition, target: number }),
    }))
  })
}

/** A transform may change the key by which its records are sent on. */
export function recordRules(
  { keyRouting, transform }: RecordRules,
  { source, target }: { readonly source: number; readonly target: number },
): Pick<RestoreStream, 'wantsKey' | 'transform' | 'takesKey'> {
  const { isListed } = keyRouting
  const goesThere = keyRouting.goesTo(source, target)
  if (transform === null) return { wantsKey: bothWant(isListed, goesThere), transform, takesKey: null }
  return { wantsKey: isListed, transform, takesKey: goesThere }
}

function targetPartitions(
  source: TopicPartition,
  { keyRouting, targetPartitionOf }: RestoreRequest,
): readonly number[] {
  const { repartition } = keyRouting
  if (repartition === null) return [targetPartitionOf(source.topic, source.partition)]
  return Array.from({ length: repartition.partitionCount }, (_, partition) => partition)
}

function lineageOf({ lineage }: PartitionSource) {
  const { topic, partition, topicId, lineage: number } = lineage
  return { topic, partition, topicId, lineage: number }
}

function assertDistinctTargets(selected: readonly SelectedTopic[]): void {
  const sources = new Map<string, string>()
  for (const { source, target } of selected) {
    const other = sources.get(target)
    const name = source.topic.topic
    if (other !== undefined) {
      throw new KbackupError('KB_CONFIG_INVALID', {
        message: `the topics ${other} and ${name} would both be restored into ${target}`,
        hint: 'give each its own name',
        details: { topics: [other, name], target },
      })
    }
    sources.set(target, name)
  }
}

/** Names a stream in messages: `orders/3 → restored.orders/3`. */
export function streamName({
  source,
  target,
}: {
  readonly source: TopicPartition
  readonly target: TopicPartition
}): string {
  return `${partitionName(source)} → ${partitionName(target)}`
}

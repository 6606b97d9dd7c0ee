import type { ArchiveState } from '../archive/archive-state.ts'
import { requireTopics } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { RestoreRequest } from './restore-request.ts'
import type { RestoreStream } from './restore-stream.ts'
import { archivedDataTopics, type PartitionSource, selectTopicSource, type TopicSource } from './source-selection.ts'

/** A topic that is selected, the name it gets, and its streams: by the archive and the request alone. */
export interface SelectedTopic {
  readonly source: TopicSource
  readonly target: string
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
    const source = selectTopicSource(topic, request.window)
    const target = request.rename(name)
    return [{ source, target, streams: streamsOf(source, { target, request }) }]
  })
  assertDistinctTargets(selected)
  return selected
}

interface StreamTarget {
  readonly target: string
  readonly request: RestoreRequest
}

function streamsOf(source: TopicSource, { target, request }: StreamTarget): readonly RestoreStream[] {
  return source.partitions
    .filter((partition) => isWanted(partition, request))
    .map((partition) => ({
      source: lineageOf(partition),
      target: { topic: target, partition: partition.lineage.partition },
      slices: partition.slices,
      filter: { window: request.window, dropAboveBytes: null, dropNullKeys: false },
    }))
}

function isWanted({ lineage }: PartitionSource, { partitions }: RestoreRequest): boolean {
  return partitions === null || partitions.includes(lineage.partition)
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
export function streamName({ source, target }: Pick<RestoreStream, 'source' | 'target'>): string {
  return `${partitionName(source)} → ${partitionName(target)}`
}

import { partitionName } from '../kafka/topic-partition.ts'
import type { CatalogEvent, CatalogTopic } from './commit.ts'
import { FoldFault, partitionFault } from './fold-fault.ts'
import type { StagedCommit, StagedTopic } from './staged-commit.ts'

type EventOf<Type extends CatalogEvent['type']> = Extract<CatalogEvent, { readonly type: Type }>

/** Stages one event of the catalog, or throws a {@link FoldFault} where it cannot follow from what was before. */
export function stageCatalogEvent(stage: StagedCommit, event: CatalogEvent): void {
  if (event.type === 'topic-created') createTopic(stage, event)
  else if (event.type === 'topic-recreated') recreateTopic(stage, event)
  else if (event.type === 'topic-deleted') deleteTopic(stage, event)
  else if (event.type === 'partitions-added') addPartitions(stage, event)
  else if (event.type === 'configs-changed') changeTopic(stage, knownTopic(stage, event), { configs: event.configs })
  else startLineage(stage, event)
}

function deleteTopic(stage: StagedCommit, event: EventOf<'topic-deleted'>): void {
  stage.topics.set(event.topic, { ...knownTopic(stage, event), deleted: true })
}

function createTopic(stage: StagedCommit, event: EventOf<'topic-created'>): void {
  const before = stage.topic(event.topic)
  if (before !== undefined && !before.deleted) throw new FoldFault(`topic ${event.topic} is created twice`)
  stage.topics.set(event.topic, { catalog: catalogOf(event), deleted: false })
}

function recreateTopic(stage: StagedCommit, event: EventOf<'topic-recreated'>): void {
  if (stage.topic(event.topic)?.catalog.topicId !== event.previousTopicId) {
    throw new FoldFault(`topic ${event.topic} is recreated from an id that it did not have`)
  }
  if (event.topicId === event.previousTopicId) throw new FoldFault(`topic ${event.topic} is recreated with its old id`)
  stage.topics.set(event.topic, { catalog: catalogOf(event), deleted: false })
}

function addPartitions(stage: StagedCommit, event: EventOf<'partitions-added'>): void {
  const topic = knownTopic(stage, event)
  if (event.partitionCount <= topic.catalog.partitionCount) {
    throw new FoldFault(`topic ${event.topic} gains partitions and has ${event.partitionCount} as before or fewer`)
  }
  changeTopic(stage, topic, { partitionCount: event.partitionCount })
}

function startLineage(stage: StagedCommit, event: EventOf<'lineage-started'>): void {
  const { topic, partition, topicId, lineage, startOffset, reason } = event
  const before = stage.newest(event)
  if (knownTopic(stage, event).catalog.partitionCount <= partition) {
    throw new FoldFault(`partition ${partitionName(event)} is beyond the topic's partitions`)
  }
  if (lineage !== (before === undefined ? 0 : before.identity.lineage + 1)) {
    throw partitionFault(event, `starts lineage ${lineage} out of turn`)
  }
  if ((reason === 'first') !== (before === undefined)) throw partitionFault(event, `starts a lineage as \`${reason}\``)
  if (reason === 'truncated' && before !== undefined) assertTruncation(event, before)
  stage.start({ topic, partition, topicId, lineage }, { startOffset, reason })
}

function assertTruncation(
  event: EventOf<'lineage-started'>,
  before: { readonly identity: { readonly topicId: string }; readonly nextOffset: bigint },
): void {
  if (event.topicId !== before.identity.topicId) throw partitionFault(event, 'was truncated under another topic id')
  if (event.startOffset > before.nextOffset) throw partitionFault(event, 'was truncated to beyond its end')
}

function knownTopic(stage: StagedCommit, { topic, topicId }: { topic: string; topicId: string }): StagedTopic {
  const known = stage.topic(topic)
  if (known?.catalog.topicId === topicId) return known
  throw new FoldFault(`topic ${topic} is not known under the id ${topicId}`)
}

function changeTopic(stage: StagedCommit, { catalog, deleted }: StagedTopic, change: Partial<CatalogTopic>): void {
  stage.topics.set(catalog.topic, { catalog: { ...catalog, ...change }, deleted })
}

function catalogOf({ topic, topicId, partitionCount, replicationFactor, configs }: CatalogTopic): CatalogTopic {
  return { topic, topicId, partitionCount, replicationFactor, configs }
}

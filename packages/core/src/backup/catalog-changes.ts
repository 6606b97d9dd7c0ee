import type { ArchiveState, TopicState } from '../archive/archive-state.ts'
import type { CatalogEvent, CatalogTopic, Precondition } from '../archive/commit.ts'
import type { SourceTopic } from './source-topics.ts'

/** What a commit has to say of topics so that the catalog of the archive equals the source. */
export interface CatalogChanges {
  readonly events: readonly CatalogEvent[]
  readonly preconditions: readonly Precondition[]
}

/** Compares topics of the source with the catalog of an archive. */
export function catalogChanges(topics: readonly SourceTopic[], archive: ArchiveState): CatalogChanges {
  const changes = topics.map(({ catalog }) => ({
    topic: catalog.topic,
    events: eventsOf(catalog, archive.topics.get(catalog.topic)),
  }))
  return {
    events: changes.flatMap(({ events }) => events),
    preconditions: changes.filter(({ events }) => events.length > 0).map(({ topic }) => topicIs(topic, archive)),
  }
}

/** The catalog's topics that the source no longer has. */
export function deletedTopics(names: readonly string[], archive: ArchiveState): CatalogChanges {
  const gone = names.flatMap((name) => archive.topics.get(name) ?? []).filter(({ deleted }) => !deleted)
  return {
    events: gone.map(({ topic, topicId }) => ({ type: 'topic-deleted', topic, topicId })),
    preconditions: gone.map(({ topic }) => topicIs(topic, archive)),
  }
}

/** What of some changes an archive has not been told meanwhile, by another writer. */
export function untoldChanges({ events, preconditions }: CatalogChanges, archive: ArchiveState): CatalogChanges {
  const untold = events.filter((event) => isUntold(event, archive.topics.get(event.topic)))
  const topics = new Set(untold.map(({ topic }) => topic))
  return {
    events: untold,
    preconditions: preconditions.filter((one) => one.type === 'topic-is' && topics.has(one.topic)),
  }
}

function isUntold(event: CatalogEvent, known: TopicState | undefined): boolean {
  if (event.type === 'topic-created') return known === undefined || known.deleted
  if (event.type === 'topic-recreated') return known?.topicId === event.previousTopicId
  if (known?.topicId !== event.topicId) return false
  if (event.type === 'partitions-added') return event.partitionCount > known.partitionCount
  return event.type !== 'topic-deleted' || !known.deleted
}

function eventsOf(source: SourceTopic['catalog'], known: TopicState | undefined): readonly CatalogEvent[] {
  const whole: CatalogTopic = { ...source, configs: source.configs ?? {} }
  if (known === undefined) return [{ type: 'topic-created', ...whole }]
  if (known.topicId !== source.topicId) {
    return [{ type: 'topic-recreated', previousTopicId: known.topicId, ...whole }]
  }
  if (known.deleted) return [{ type: 'topic-created', ...whole, configs: source.configs ?? known.configs }]
  return [...addedPartitions(source, known), ...changedConfigs(source, known)]
}

function addedPartitions(
  { topic, topicId, partitionCount }: SourceTopic['catalog'],
  known: TopicState,
): readonly CatalogEvent[] {
  return partitionCount > known.partitionCount ? [{ type: 'partitions-added', topic, topicId, partitionCount }] : []
}

function changedConfigs(
  { topic, topicId, configs }: SourceTopic['catalog'],
  known: TopicState,
): readonly CatalogEvent[] {
  if (configs === null || sameConfigs(configs, known.configs)) return []
  return [{ type: 'configs-changed', topic, topicId, configs }]
}

function sameConfigs(left: CatalogTopic['configs'], right: CatalogTopic['configs']): boolean {
  const names = Object.keys(left)
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
}

function topicIs(topic: string, archive: ArchiveState): Precondition {
  return { type: 'topic-is', topic, topicId: archive.topics.get(topic)?.topicId ?? null }
}

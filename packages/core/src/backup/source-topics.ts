import type { CatalogTopic } from '../archive/commit.ts'
import { requireTopics, selectTopics } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RunWarning } from '../events/run-warning.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { TopicConfigEntry, TopicDescription } from '../kafka/kafka-topics.ts'
import { OFFSETS_TOPIC } from '../offsets/offsets-topic-record.ts'
import type { BackupSettings } from './backup-options.ts'

const DEFAULT_MAX_MESSAGE_BYTES = 1024 * 1024 + 12

/** A topic of the source that takes part in a run. */
export interface SourceTopic {
  readonly description: TopicDescription
  /** As the archive's catalog knows topics. Its configuration is `null` where it may not be read. */
  readonly catalog: Omit<CatalogTopic, 'configs'> & { readonly configs: CatalogTopic['configs'] | null }
  /** Its `max.message.bytes`, or Kafka's default where that may not be read. */
  readonly maxBatchBytes: number
}

/** The topics of the source that take part in a run. */
export interface SourceTopics {
  /** Those that were asked for, by name. */
  readonly selected: readonly SourceTopic[]
  /** `__consumer_offsets`, where positions are wanted and it can be seen. */
  readonly offsetsTopic: SourceTopic | undefined
  /** Whether `__consumer_offsets` may not even be described; otherwise, where it is not there, it does not exist. */
  readonly isOffsetsTopicHidden: boolean
  readonly warnings: readonly RunWarning[]
}

/**
 * Looks up the topics of a run with their ids, partitions and overridden configuration.
 *
 * @throws KbackupError `KB_TOPIC_NOT_FOUND`, `KB_NO_TOPICS_MATCHED`
 */
export async function findSourceTopics(settings: BackupSettings, options: CallOptions): Promise<SourceTopics> {
  const all = await settings.source.describeTopics('all', options)
  const names = new Set(requireTopics(settings.topics, all, 'the source cluster'))
  const offsetsTopic = settings.consumerGroups === false ? [] : await describeOffsetsTopic(settings, all, options)
  const selected = all.filter(({ topic }) => names.has(topic) && topic !== OFFSETS_TOPIC)
  const found = await describeSourceTopics(settings, [...selected, ...(offsetsTopic ?? [])], options)
  const warnings = [...unmatchedPatterns(settings, all), ...found.warnings]
  return { ...found, warnings, isOffsetsTopicHidden: offsetsTopic === undefined }
}

function unmatchedPatterns({ topics }: BackupSettings, all: readonly TopicDescription[]): readonly RunWarning[] {
  const patterns = selectTopics(topics, all).unmatchedPatterns
  if (patterns.length === 0) return []
  return [
    {
      code: 'KB_WARNING_PATTERN',
      message: `no topic of the source cluster matches ${patterns.join(', ')}`,
      hint: 'check the pattern; topics that match it later are taken by a later run',
      details: { patterns },
    },
  ]
}

/**
 * A list of all topics keeps silent about those that may not be described; asked by name, brokers say so: then
 * `undefined`.
 */
async function describeOffsetsTopic(
  { source }: BackupSettings,
  all: readonly TopicDescription[],
  options: CallOptions,
): Promise<readonly TopicDescription[] | undefined> {
  const listed = all.filter(({ topic }) => topic === OFFSETS_TOPIC)
  if (listed.length > 0) return listed
  try {
    return await source.describeTopics([OFFSETS_TOPIC], options)
  } catch (error) {
    if (KbackupError.is(error, 'KB_KAFKA_AUTHORIZATION')) return undefined
    throw error
  }
}

/** Looks up some topics again by name; those that are gone are left out. */
export async function findTopicsAgain(
  settings: BackupSettings,
  names: readonly string[],
  options: CallOptions,
): Promise<SourceTopics> {
  return describeSourceTopics(settings, await settings.source.describeTopics(names, options), options)
}

async function describeSourceTopics(
  { source }: BackupSettings,
  descriptions: readonly TopicDescription[],
  options: CallOptions,
): Promise<SourceTopics> {
  const configs = await source.describeTopicConfigs(
    descriptions.map(({ topic }) => topic),
    options,
  )
  const topics = descriptions.map((description) => sourceTopic(description, configs.get(description.topic)))
  return {
    selected: topics.filter(({ description }) => description.topic !== OFFSETS_TOPIC).sort(byName),
    offsetsTopic: topics.find(({ description }) => description.topic === OFFSETS_TOPIC),
    isOffsetsTopicHidden: false,
    warnings: topics.filter(({ catalog }) => catalog.configs === null).map(unreadableConfigs),
  }
}

function sourceTopic(description: TopicDescription, configs: readonly TopicConfigEntry[] | undefined): SourceTopic {
  const { topic, topicId, partitions } = description
  const replicationFactor = partitions[0]?.replicas.length ?? -1
  const overrides = configs === undefined ? null : overridesOf(configs)
  return {
    description,
    catalog: { topic, topicId, partitionCount: partitions.length, replicationFactor, configs: overrides },
    maxBatchBytes: maxBatchBytesOf(configs ?? []),
  }
}

function maxBatchBytesOf(configs: readonly TopicConfigEntry[]): number {
  const value = Number(configs.find(({ name }) => name === 'max.message.bytes')?.value)
  return Number.isSafeInteger(value) && value > 0 ? value : DEFAULT_MAX_MESSAGE_BYTES
}

function overridesOf(entries: readonly TopicConfigEntry[]): CatalogTopic['configs'] {
  const set = entries.filter(({ isOverride }) => isOverride).sort((left, right) => (left.name < right.name ? -1 : 1))
  return Object.fromEntries(set.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])))
}

function byName(left: SourceTopic, right: SourceTopic): number {
  return left.description.topic < right.description.topic ? -1 : 1
}

function unreadableConfigs({ description: { topic } }: SourceTopic): RunWarning {
  return {
    code: 'KB_WARNING_RIGHTS',
    message: `the configuration of topic ${topic} may not be read; a restore would create it with the cluster's defaults`,
    hint: `grant DescribeConfigs on topic ${topic}`,
    details: { topic },
  }
}

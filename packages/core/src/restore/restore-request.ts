import type { CommitReference } from '../archive/commit.ts'
import { type TopicSelection, topicMatcher } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { CheckpointOptions } from './checkpoint/checkpoint-options.ts'
import type { GroupStrategy } from './group-strategies/group-strategy.ts'
import { type KeyRouting, readKeyRouting } from './key-routing.ts'
import { readSelection, readWindow, type SelectionOf } from './partition-selection.ts'
import type { RecordTransform } from './record-transform.ts'
import { assertRestoreId } from './restore-keys.ts'
import type { ExistingTopics, RestoreGuards, RestoreOptions, RestoreTopics } from './restore-options.ts'
import type { TimeWindow } from './time-window.ts'
import type { NamedPartitions } from './unknown-sources.ts'
import type { ProofDepth } from './verification/restore-proof.ts'

/** The options of a restore, checked and with their defaults. */
export interface RestoreRequest {
  readonly backupId: string
  /** Of topics that have none of their own. */
  readonly window: TimeWindow
  readonly topics: TopicSelection
  readonly selectionOf: SelectionOf
  /** The target partition of a source partition, where all records of it keep together. */
  readonly targetPartitionOf: (topic: string, partition: number) => number
  readonly keyRouting: KeyRouting
  readonly transform: RecordTransform | null
  readonly rename: (topic: string) => string
  /** The topics that a mapping names. */
  readonly renamed: readonly string[]
  /** The partitions that selections and a mapping name. */
  readonly namedPartitions: readonly NamedPartitions[]
  readonly groups: readonly string[] | 'all'
  readonly groupStrategy: GroupStrategy
  readonly existingTopics: ExistingTopics
  readonly guards: RestoreGuards
  /** `null` leaves it to the amount. */
  readonly verify: ProofDepth | null
  readonly replicationFactor: number | null
  readonly commit: number | CommitReference | null
  readonly restoreId: string | null
  readonly newRestoreId: string | null
  readonly startNew: boolean
  readonly maxMemoryBytes: number
  readonly maxConcurrentPartitions: number
  readonly originalHeaders: boolean
  readonly maxBatchRecords: number | null
  readonly maxRecordsPerSecond: number | null
  readonly maxBytesPerSecond: number | null
  readonly checkpoint: CheckpointOptions | null
}

const DEFAULT_MAX_MEMORY_BYTES = 128 * 1024 * 1024
const DEFAULT_MAX_CONCURRENT_PARTITIONS = 16
const MAX_PARTITION = 0x7fff_ffff

type GivenOptions = Omit<RestoreOptions, 'storage' | 'target'>

/** Checks the options of a restore; what does not fit is `KB_CONFIG_INVALID`. */
export function readRestoreOptions(options: GivenOptions): RestoreRequest {
  assertOneWay(options)
  assertOneRewrite(options)
  assertOneTarget(options)
  assertRecognisable(options)
  const { include, exclude } = topicEntries(options.topics)
  return {
    backupId: options.backupId,
    window: readWindow(options.window, 'window'),
    topics: { include: include.map((entry) => (typeof entry === 'string' ? entry : entry.name)), exclude },
    selectionOf: readSelection({ window: options.window, entries: include, partitions: options.partitions }),
    targetPartitionOf: readPartitionMapping(options.partitionMapping),
    keyRouting: readKeyRouting(options),
    transform: options.transform ?? null,
    rename: readRename(options.rename),
    renamed: typeof options.rename === 'object' ? Object.keys(options.rename) : [],
    namedPartitions: readNamedPartitions(options, include),
    groups: options.groups ?? [],
    groupStrategy: options.groupStrategy ?? 'offset-map',
    existingTopics: options.existingTopics ?? 'fail',
    guards: options.guards ?? {},
    verify: options.verify ?? null,
    replicationFactor: readCount(options.replicationFactor, 'replicationFactor'),
    commit: options.commit ?? null,
    restoreId: readRestoreId(options.restoreId),
    newRestoreId: readRestoreId(options.newRestoreId),
    startNew: options.startNew ?? false,
    maxMemoryBytes: readCount(options.maxMemoryBytes, 'maxMemoryBytes') ?? DEFAULT_MAX_MEMORY_BYTES,
    maxConcurrentPartitions:
      readCount(options.maxConcurrentPartitions, 'maxConcurrentPartitions') ?? DEFAULT_MAX_CONCURRENT_PARTITIONS,
    originalHeaders: options.originalHeaders ?? false,
    maxBatchRecords: readCount(options.maxBatchRecords, 'maxBatchRecords'),
    maxRecordsPerSecond: readCount(options.maxRecordsPerSecond, 'maxRecordsPerSecond'),
    maxBytesPerSecond: readCount(options.maxBytesPerSecond, 'maxBytesPerSecond'),
    checkpoint: readCheckpoint(options.checkpoint),
  }
}

/** What a transform gives is no record of the source: which headers it gets is its own business. */
function assertOneRewrite({ transform, originalHeaders }: GivenOptions): void {
  if (transform === undefined || originalHeaders !== true) return
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: 'originalHeaders is set beside a transform',
    hint: 'let the transform add the headers: it is given offset and timestamp of each record',
  })
}

/** What a transform made does not tell of which record it was; and only the offset map knows of what was there before. */
function assertRecognisable({ transform, existingTopics, groupStrategy = 'offset-map' }: GivenOptions): void {
  if (existingTopics !== 'only-missing') return
  if (transform !== undefined) throw notOnlyMissing('a transform: what it has made cannot be told from other records')
  if (groupStrategy === 'timestamp-based' || groupStrategy === 'cluster-scan') {
    throw notOnlyMissing(`groupStrategy ${groupStrategy}: it looks only among records that the restore has produced`)
  }
}

function notOnlyMissing(beside: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', {
    message: `existingTopics is 'only-missing' beside ${beside}`,
    hint: 'leave one of the two out, or restore into a topic without records',
  })
}

type TopicEntries = Exclude<RestoreTopics, readonly unknown[]>

function topicEntries(topics: RestoreTopics | undefined): TopicEntries {
  if (topics === undefined) return { include: ['*'] }
  return 'include' in topics ? topics : { include: topics }
}

function readNamedPartitions(
  { partitions = [], partitionMapping = {} }: GivenOptions,
  include: TopicEntries['include'],
): readonly NamedPartitions[] {
  const mapped = typeof partitionMapping === 'function' ? [] : Object.keys(partitionMapping).map(Number)
  const own = include.flatMap((entry) => (typeof entry === 'string' ? [] : [entry]))
  return [
    { partitions, matches: () => true, verb: 'restored' },
    { partitions: mapped, matches: () => true, verb: 'mapped' },
    ...own.map(({ name, partitions = [] }) => ({ partitions, matches: topicMatcher(name), verb: 'restored' })),
  ]
}

function readPartitionMapping(mapping: RestoreOptions['partitionMapping']): RestoreRequest['targetPartitionOf'] {
  if (mapping === undefined) return (_topic, partition) => partition
  const targetOf = typeof mapping === 'function' ? mapping : (partition: number) => mapping[partition] ?? partition
  return (topic, partition) => checkedPartition(targetOf(partition, topic), { topic, partition })
}

function checkedPartition(target: number, source: TopicPartition): number {
  if (Number.isSafeInteger(target) && target >= 0 && target <= MAX_PARTITION) return target
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `partitionMapping sends ${partitionName(source)} to partition ${target}`,
    hint: 'give a whole number, 0 or above',
    details: { ...source, target },
  })
}

function readRestoreId(restoreId: string | undefined): string | null {
  if (restoreId === undefined) return null
  assertRestoreId(restoreId)
  return restoreId
}

/** A restore that is named to go on with is no new one. */
function assertOneWay({ restoreId, newRestoreId, startNew }: GivenOptions): void {
  if (restoreId === undefined || (newRestoreId === undefined && startNew !== true)) return
  throw new KbackupError('KB_USAGE', {
    message: `restore ${restoreId} is to be gone on with, and a new one is to be begun`,
    hint: 'give the id of the restore to go on with, or ask for a new one, not both',
    details: { restoreId },
  })
}

/** Either partitions keep together, or keys do. */
function assertOneTarget({ partitionMapping, repartition }: GivenOptions): void {
  if (partitionMapping === undefined || repartition === undefined) return
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: 'partitionMapping and repartition are both given, and each says where records go',
    hint: 'map whole partitions, or send records by their keys: leave one of the two out',
  })
}

function readRename(rename: RestoreOptions['rename']): (topic: string) => string {
  if (rename === undefined) return (topic) => topic
  if (typeof rename === 'function') return rename
  const targets = new Map(Object.entries(rename))
  return (topic) => targets.get(topic) ?? topic
}

function readCheckpoint(checkpoint: CheckpointOptions | undefined): CheckpointOptions | null {
  readCount(checkpoint?.intervalMs, 'checkpoint.intervalMs')
  return checkpoint ?? null
}

function readCount(value: number | undefined, name: string): number | null {
  if (value === undefined) return null
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `${name} is ${value}`,
    hint: 'give a whole number above 0, or leave it out',
  })
}

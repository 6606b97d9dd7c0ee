import type { CommitReference } from '../archive/commit.ts'
import type { Environment } from '../archive/environment.ts'
import {
  CLUSTER_KIND,
  COMMIT_REFERENCE_KIND,
  ENVIRONMENT_KIND,
  STORE_KIND,
  WINDOW_KIND,
} from '../config/common-options.ts'
import { isRecord, type OptionKind, optionKinds } from '../config/option-kinds.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { CheckpointFile, CheckpointOptions } from './checkpoint/checkpoint-options.ts'
import type { GroupStrategy } from './group-strategies/group-strategy.ts'
import type { RepartitionOptions } from './key-routing.ts'
import type { RestoreTopic, WindowOptions } from './partition-selection.ts'
import type { RecordTransform } from './record-transform.ts'
import type { ProofDepth } from './verification/restore-proof.ts'

/**
 * How the hazards of a plan are settled; a hazard without its option blocks the run before anything is written.
 *
 * `hold` and `switch` change a setting of the target topic, journal the old value first and put it back at the end
 * (retention: when the restore is released).
 */
export interface RestoreGuards {
  /**
   * Records older than the target topic would keep: raise its retention, leave these records out, or let the broker
   * delete them.
   */
  readonly retention?: 'hold' | 'drop' | 'accept' | undefined
  /** A LogAppendTime target overwrites timestamps: switch it to CreateTime meanwhile, or let it. */
  readonly timestampType?: 'switch' | 'accept' | undefined
  /** Records larger than the target takes: raise its limit, or leave these records out. */
  readonly messageSize?: 'hold' | 'drop' | undefined
  /** Records whose times the target refuses: lift its limits meanwhile, or leave these records out. */
  readonly timestampRange?: 'hold' | 'drop' | undefined
  /** Records without a key, which a compacted target refuses: leave them out. */
  readonly nullKey?: 'drop' | undefined
  /** A target topic that lacks partitions: add them. */
  readonly partitions?: 'add' | undefined
  /** Batches in a codec that the target does not know: compress them anew, with gzip. */
  readonly codec?: 'recompress' | undefined
  /** A compacted target, whose cleaner may take records away while they are restored: make it wait meanwhile. */
  readonly compaction?: 'hold' | undefined
  /** Records that the newest backup did not come to, because it was cut short or still runs: restore without them. */
  readonly incompleteBackup?: 'accept' | undefined
  /** Missing records that would be produced behind later ones, which are there: produce them there. */
  readonly order?: 'accept' | undefined
  /**
   * Archived records that an earlier restore appended to the topic that they had come from, so that the archive has them
   * twice: leave these copies out, or restore both.
   */
  readonly copies?: 'drop' | 'accept' | undefined
  /** Groups with members: leave these groups as they are, or wait for them to stop. */
  readonly groupsActive?: 'skip' | 'wait' | undefined
}

/**
 * What a restore does with a target topic that holds records already. With `only-missing` it compares them with the archive,
 * and produces the records that are not there, behind those that are.
 */
export type ExistingTopics = 'fail' | 'append' | 'only-missing' | 'purge' | 'recreate'

/** Topics by name or pattern, some of them perhaps with a window, partitions or offsets of their own. */
export type RestoreTopics =
  | readonly (string | RestoreTopic)[]
  | { readonly include: readonly (string | RestoreTopic)[]; readonly exclude?: readonly string[] | undefined }

/** Where, what and how to restore. */
export interface RestoreOptions {
  readonly storage: BlobStore
  readonly backupId: string
  readonly target: KafkaCluster
  /** Record timestamps, both ends inclusive, either may be absent. */
  readonly window?: WindowOptions | undefined
  /** Names, globs or `~regex`, or objects with more than a name; all topics of the archive where absent. */
  readonly topics?: RestoreTopics | undefined
  /** Source topic → target topic; topics without an entry keep their names. */
  readonly rename?: Readonly<Record<string, string>> | ((topic: string) => string) | undefined
  /** Only these source partitions of each topic. */
  readonly partitions?: readonly number[] | undefined
  /**
   * Source partition → target partition; partitions without an entry keep their numbers. Several may go to one: each keeps
   * its order there, and groups get a position from which they miss nothing.
   */
  readonly partitionMapping?:
    | Readonly<Record<number, number>>
    | ((partition: number, topic: string) => number)
    | undefined
  /** Which consumer groups are set to their archived position as of the end of the window; none where absent. */
  readonly groups?: readonly string[] | 'all' | undefined
  /** How their positions are found in the target; by the exact offset map where absent. */
  readonly groupStrategy?: GroupStrategy | undefined
  /** Only records with one of these keys; text stands for its bytes in UTF-8. */
  readonly keys?: readonly (string | Buffer)[] | undefined
  /** Changes records on their way, leaves them out, or makes several of one. */
  readonly transform?: RecordTransform | undefined
  /** Sends records to another number of partitions, by their keys. */
  readonly repartition?: RepartitionOptions | undefined
  /** `fail` where absent. */
  readonly existingTopics?: ExistingTopics | undefined
  readonly guards?: RestoreGuards | undefined
  /**
   * How much of what was restored is read back from the target, and compared with the archive, before groups are set:
   * where absent, everything up to 64 MiB, and samples of more.
   */
  readonly verify?: ProofDepth | undefined
  /** Of topics that are created: the archived factor where absent and the cluster has brokers enough. */
  readonly replicationFactor?: number | undefined
  /** Restores the archive as it was at this commit; the newest where absent. */
  readonly commit?: number | CommitReference | undefined
  /** Goes on with exactly this restore; `KB_RESTORE_NOT_FOUND` where the archive has none of that id. */
  readonly restoreId?: string | undefined
  /** The id of the restore, if one is begun; one of that id that is unfinished goes on. By default an id is made up. */
  readonly newRestoreId?: string | undefined
  /** Begins a new restore even where an unfinished one with the same digest stands in the archive. */
  readonly startNew?: boolean | undefined
  /** Bounds all buffers together; 128 MiB where absent. */
  readonly maxMemoryBytes?: number | undefined
  /** Partitions restored at the same time; 16 where absent. */
  readonly maxConcurrentPartitions?: number | undefined
  /**
   * Whether each record is given the headers `x-original-offset` and `x-original-timestamp`, as decimal text, behind its own.
   * Positions are translated without them.
   */
  readonly originalHeaders?: boolean | undefined
  /**
   * The most records that a produced batch takes: what is larger at the source is split. Where absent batches keep the size
   * that they had, but for tiny ones, which are joined.
   */
  readonly maxBatchRecords?: number | undefined
  /** Of all partitions together; not limited where absent. */
  readonly maxRecordsPerSecond?: number | undefined
  /** Bytes of batches as they are produced, of all partitions together; not limited where absent. */
  readonly maxBytesPerSecond?: number | undefined
  /**
   * A file that shows how far the restore is. It is a view: what a restore goes on by is its journal in the archive. A file
   * that belongs to a restore with other options is left as it is, and refused with `KB_RESTORE_MISMATCH`.
   */
  readonly checkpoint?: CheckpointOptions | undefined
  /** The clock, the randomness and the timers; those of the machine where absent. */
  readonly environment?: Environment | undefined
}

const { text, number, flag, texts, numbers, textRecord, callback, anything, oneOf, section, either, required } =
  optionKinds

const TOPIC_KIND = section({
  name: required(text),
  window: WINDOW_KIND,
  partitions: numbers,
  offsets: section({ start: anything, end: anything }),
} satisfies Record<keyof RestoreTopic, OptionKind>)

const TOPIC_LIST_KIND = optionKinds.listOf(either(text, TOPIC_KIND), 'a list of topics')

const TOPICS_KIND = either(TOPIC_LIST_KIND, section({ include: required(TOPIC_LIST_KIND), exclude: texts }))

const BYTES_KIND: OptionKind = { expected: 'a Buffer', accepts: Buffer.isBuffer }

const MAPPING_KIND: OptionKind = {
  expected: 'an object { source: target } of partitions',
  accepts: (value) => isRecord(value) && Object.values(value).every(number.accepts),
}

const GUARDS_KIND = section({
  retention: oneOf<NonNullable<RestoreGuards['retention']>>({ hold: true, drop: true, accept: true }),
  timestampType: oneOf<NonNullable<RestoreGuards['timestampType']>>({ switch: true, accept: true }),
  messageSize: oneOf<NonNullable<RestoreGuards['messageSize']>>({ hold: true, drop: true }),
  timestampRange: oneOf<NonNullable<RestoreGuards['timestampRange']>>({ hold: true, drop: true }),
  nullKey: oneOf<NonNullable<RestoreGuards['nullKey']>>({ drop: true }),
  partitions: oneOf<NonNullable<RestoreGuards['partitions']>>({ add: true }),
  codec: oneOf<NonNullable<RestoreGuards['codec']>>({ recompress: true }),
  compaction: oneOf<NonNullable<RestoreGuards['compaction']>>({ hold: true }),
  groupsActive: oneOf<NonNullable<RestoreGuards['groupsActive']>>({ skip: true, wait: true }),
  incompleteBackup: oneOf<NonNullable<RestoreGuards['incompleteBackup']>>({ accept: true }),
  order: oneOf<NonNullable<RestoreGuards['order']>>({ accept: true }),
  copies: oneOf<NonNullable<RestoreGuards['copies']>>({ drop: true, accept: true }),
} satisfies Record<keyof RestoreGuards, OptionKind>)

const CHECKPOINT_FILE_METHODS = ['read', 'replace'] as const satisfies readonly (keyof CheckpointFile)[]

/** What each option may be. */
export const RESTORE_OPTIONS = {
  storage: required(STORE_KIND),
  backupId: required(text),
  target: required(CLUSTER_KIND),
  window: WINDOW_KIND,
  topics: TOPICS_KIND,
  rename: either({ ...textRecord, expected: 'an object { source: target }' }, callback),
  partitions: numbers,
  partitionMapping: either(MAPPING_KIND, callback),
  groups: either(oneOf({ all: true }), texts),
  groupStrategy: oneOf<GroupStrategy>({
    'offset-map': true,
    'timestamp-based': true,
    'cluster-scan': true,
    manual: true,
  }),
  keys: optionKinds.listOf(either(text, BYTES_KIND), 'a list of texts and Buffers'),
  transform: section({ version: required(text), apply: required(callback) } satisfies Record<
    keyof RecordTransform,
    OptionKind
  >),
  repartition: section({
    partitionCount: required(number),
    partitioner: either(oneOf({ murmur2: true }), callback),
    version: text,
  } satisfies Record<keyof RepartitionOptions, OptionKind>),
  existingTopics: oneOf<ExistingTopics>({
    fail: true,
    append: true,
    'only-missing': true,
    purge: true,
    recreate: true,
  }),
  guards: GUARDS_KIND,
  verify: oneOf<ProofDepth>({ none: true, sample: true, full: true }),
  replicationFactor: number,
  commit: either(number, COMMIT_REFERENCE_KIND),
  restoreId: text,
  newRestoreId: text,
  startNew: flag,
  maxMemoryBytes: number,
  maxConcurrentPartitions: number,
  originalHeaders: flag,
  maxBatchRecords: number,
  maxRecordsPerSecond: number,
  maxBytesPerSecond: number,
  checkpoint: section({
    file: required(optionKinds.objectWith(CHECKPOINT_FILE_METHODS, 'a file to read and replace')),
    intervalMs: number,
  } satisfies Record<keyof CheckpointOptions, OptionKind>),
  environment: ENVIRONMENT_KIND,
} satisfies Record<keyof RestoreOptions, OptionKind>

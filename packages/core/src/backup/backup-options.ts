import type { SectionCodec } from '../archive/commit.ts'
import { type Environment, systemEnvironment } from '../archive/environment.ts'
import { assertOptions } from '../config/assert-options.ts'
import { CLUSTER_KIND, ENVIRONMENT_KIND, LOGGER_KIND, STORE_KIND, TOPICS_KIND } from '../config/common-options.ts'
import { type OptionKind, optionKinds } from '../config/option-kinds.ts'
import type { TopicSelectionOptions } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { Logger } from '../events/logger.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { BlobStore } from '../storage/blob-store.ts'

const MIB = 1024 * 1024

/** What to back up, from where, to where. */
export interface BackupOptions {
  readonly source: KafkaCluster
  readonly storage: BlobStore
  /** Names the archive on the store; a run goes on where the archive ends. */
  readonly backupId: string
  /** Names, globs or `~regex`; internal topics only by name. */
  readonly topics: TopicSelectionOptions
  /** Whose positions are captured; `all` where absent. `false` also leaves the topic `__consumer_offsets` out. */
  readonly consumerGroups?: 'all' | readonly string[] | false | undefined
  /** How blocks are compressed; `zstd` where absent. What producers have compressed is stored as it is. */
  readonly compression?: SectionCodec | undefined
  /** Refused with `KB_CODEC_LEVEL` where the codec at hand cannot honour it. */
  readonly compressionLevel?: number | undefined
  /**
   * A segment is closed when its object has this size; 128 MiB where absent. Sections that are smaller than this, and than a
   * part of an upload (4 MiB), share objects.
   */
  readonly maxSegmentBytes?: number | undefined
  /** A segment is closed when it is this old; 60 s where absent. */
  readonly maxSegmentAgeMs?: number | undefined
  /** The least time between two commits of a run; 5 s where absent. A run always ends in a commit. */
  readonly commitIntervalMs?: number | undefined
  /** Bounds fetch responses, open sections, parts of uploads and bundles together; 128 MiB where absent, at least 4 MiB. */
  readonly maxMemoryBytes?: number | undefined
  /** `lazy` saves decompressing batches for the least timestamp of each block; `exact` where absent. */
  readonly indexTimestamps?: 'exact' | 'lazy' | undefined
  /** Stays the same over restarts of one process, so that a run knows its own late commits; drawn anew where absent. */
  readonly writerId?: string | undefined
  /**
   * Backs up to a store that ignores conditions, which is `KB_STORE_UNCONDITIONAL` where absent. Two writers destroy each other's
   * commits there: nothing but this backup may write to the archive, cleanups included. Each result warns of it.
   */
  readonly unsafeSingleWriter?: boolean | undefined
  readonly logger?: Logger | undefined
  /** The clock, the randomness and the timers; those of the machine where absent. */
  readonly environment?: Environment | undefined
}

const { text, number, flag, texts, oneOf, either, required } = optionKinds

const BACKUP_OPTIONS = {
  source: required(CLUSTER_KIND),
  storage: required(STORE_KIND),
  backupId: required(text),
  topics: required(TOPICS_KIND),
  consumerGroups: either(oneOf({ all: true }), { expected: 'false', accepts: (value) => value === false }, texts),
  compression: oneOf<SectionCodec>({ zstd: true, lz4: true, none: true }),
  compressionLevel: number,
  maxSegmentBytes: number,
  maxSegmentAgeMs: number,
  commitIntervalMs: number,
  maxMemoryBytes: number,
  indexTimestamps: oneOf<NonNullable<BackupOptions['indexTimestamps']>>({ exact: true, lazy: true }),
  writerId: text,
  unsafeSingleWriter: flag,
  logger: LOGGER_KIND,
  environment: ENVIRONMENT_KIND,
} satisfies Record<keyof BackupOptions, OptionKind>

/** The options with nothing left open. */
export interface BackupSettings {
  readonly source: KafkaCluster
  readonly storage: BlobStore
  readonly backupId: string
  readonly topics: TopicSelectionOptions
  readonly consumerGroups: 'all' | readonly string[] | false
  readonly compression: SectionCodec
  readonly compressionLevel: number | undefined
  readonly maxSegmentBytes: number
  readonly maxSegmentAgeMs: number
  readonly commitIntervalMs: number
  readonly maxMemoryBytes: number
  readonly indexTimestamps: 'exact' | 'lazy'
  readonly writerId: string | undefined
  readonly unsafeSingleWriter: boolean
  readonly logger: Logger | undefined
  readonly environment: Environment
}

/** Fills in the defaults; an option that is not known and a value that cannot be are `KB_CONFIG_INVALID`. */
export function backupSettings(options: BackupOptions): BackupSettings {
  assertOptions('createBackup', options, BACKUP_OPTIONS)
  return {
    source: options.source,
    storage: options.storage,
    backupId: options.backupId,
    topics: options.topics,
    consumerGroups: options.consumerGroups ?? 'all',
    compression: options.compression ?? 'zstd',
    compressionLevel: options.compressionLevel,
    maxSegmentBytes: atLeast('maxSegmentBytes', options.maxSegmentBytes ?? 128 * MIB, 1),
    maxSegmentAgeMs: atLeast('maxSegmentAgeMs', options.maxSegmentAgeMs ?? 60_000, 1),
    commitIntervalMs: atLeast('commitIntervalMs', options.commitIntervalMs ?? 5000, 0),
    maxMemoryBytes: atLeast('maxMemoryBytes', options.maxMemoryBytes ?? 128 * MIB, 4 * MIB),
    indexTimestamps: options.indexTimestamps ?? 'exact',
    writerId: options.writerId,
    unsafeSingleWriter: options.unsafeSingleWriter ?? false,
    logger: options.logger,
    environment: options.environment ?? systemEnvironment,
  }
}

function atLeast(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `${name} is ${value}`,
    hint: `give a whole number of at least ${least}`,
    details: { name, value },
  })
}

import type { Environment } from '../archive/environment.ts'
import { CLUSTER_KIND, ENVIRONMENT_KIND, STORE_KIND } from '../config/common-options.ts'
import type { Instant } from '../config/instant.ts'
import { type OptionKind, optionKinds } from '../config/option-kinds.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import { RESTORE_OPTIONS, type RestoreOptions } from '../restore/restore-options.ts'
import type { BlobStore } from '../storage/blob-store.ts'

/** What a restore was told to send where, with the options that it was given. */
export type RestoredSelection = Pick<
  RestoreOptions,
  'window' | 'topics' | 'rename' | 'partitions' | 'partitionMapping' | 'repartition'
>

/** Which groups are set to which moment, and how. */
export interface OffsetResetOptions {
  readonly storage: BlobStore
  readonly backupId: string
  /** The cluster that records were restored into. */
  readonly target: KafkaCluster
  /** The restore whose offset map is used; the newest finished one into this cluster where absent. */
  readonly restoreId?: string | undefined
  /**
   * What the restore was told: the newest finished one is used that sent the same partitions to the same places, whatever
   * its window was. One that is named by its id is used in any case.
   */
  readonly restored?: RestoredSelection | undefined
  /** The moment of the positions; the end of the restore's window where absent. */
  readonly at?: Instant | undefined
  /** Names, globs or `~regex`; all archived groups where absent. */
  readonly groups?: readonly string[] | undefined
  /** Groups set at the same time; 50 where absent. */
  readonly maxConcurrent?: number | undefined
  /** How long groups with members are waited for, in milliseconds; where absent they are refused at once. */
  readonly waitUntilEmptyMs?: number | undefined
  /** The clock, the randomness and the timers; those of the machine where absent. */
  readonly environment?: Environment | undefined
}

const { text, texts, number, anything, required, section } = optionKinds

const RESTORED_OPTIONS = {
  window: RESTORE_OPTIONS.window,
  topics: RESTORE_OPTIONS.topics,
  rename: RESTORE_OPTIONS.rename,
  partitions: RESTORE_OPTIONS.partitions,
  partitionMapping: RESTORE_OPTIONS.partitionMapping,
  repartition: RESTORE_OPTIONS.repartition,
} satisfies Record<keyof RestoredSelection, OptionKind>

/** What each option may be. */
export const OFFSET_RESET_OPTIONS = {
  storage: required(STORE_KIND),
  backupId: required(text),
  target: required(CLUSTER_KIND),
  restoreId: text,
  restored: section(RESTORED_OPTIONS),
  at: anything,
  groups: texts,
  maxConcurrent: number,
  waitUntilEmptyMs: number,
  environment: ENVIRONMENT_KIND,
} satisfies Record<keyof OffsetResetOptions, OptionKind>

const DEFAULT_MAX_CONCURRENT = 50

/** How many groups are worked on at the same time. */
export function readMaxConcurrent(value: number | undefined): number {
  const count = value ?? DEFAULT_MAX_CONCURRENT
  if (Number.isSafeInteger(count) && count > 0) return count
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `maxConcurrent is ${count}`,
    hint: 'give a whole number above 0, or leave it out',
  })
}

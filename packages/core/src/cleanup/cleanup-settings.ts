import { type Environment, systemEnvironment } from '../archive/environment.ts'
import { assertOptions } from '../config/assert-options.ts'
import { ENVIRONMENT_KIND, LOGGER_KIND, STORE_KIND } from '../config/common-options.ts'
import { type OptionKind, optionKinds } from '../config/option-kinds.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { Logger } from '../events/logger.ts'
import type { BlobStore } from '../storage/blob-store.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

/** Which archive to rid of what is no part of it. */
export interface CleanupOptions {
  readonly storage: BlobStore
  readonly backupId: string
  /**
   * Objects and uploads that were touched since are left to their writers, which may be alive; a day where absent. A courtesy
   * that spares writers work: nothing is lost with 0 either.
   */
  readonly olderThanMs?: number | undefined
  /** Ids of pins to remove: of readers that are known to be dead. None by default. */
  readonly removePins?: readonly string[] | undefined
  /** Cleans up on a store that ignores conditions, while nothing else writes to the archive; such a store is refused where absent. */
  readonly unsafeSingleWriter?: boolean | undefined
  readonly logger?: Logger | undefined
  /** The clock, the randomness and the timers; those of the machine where absent. */
  readonly environment?: Environment | undefined
}

const { text, texts, number, flag, required } = optionKinds

const CLEANUP_OPTIONS = {
  storage: required(STORE_KIND),
  backupId: required(text),
  olderThanMs: number,
  removePins: texts,
  unsafeSingleWriter: flag,
  logger: LOGGER_KIND,
  environment: ENVIRONMENT_KIND,
} satisfies Record<keyof CleanupOptions, OptionKind>

/** The options with nothing left open. */
export interface CleanupSettings {
  readonly storage: BlobStore
  readonly backupId: string
  readonly olderThanMs: number
  readonly removePins: readonly string[]
  readonly unsafeSingleWriter: boolean
  readonly logger: Logger | undefined
  readonly environment: Environment
}

/** Fills in the defaults; an option that is not known and a value that cannot be are `KB_CONFIG_INVALID`. */
export function cleanupSettings(options: CleanupOptions): CleanupSettings {
  assertOptions('createCleanup', options, CLEANUP_OPTIONS)
  const { storage, backupId, olderThanMs = DAY_MS, removePins = [], unsafeSingleWriter = false, logger } = options
  if (!Number.isSafeInteger(olderThanMs) || olderThanMs < 0) {
    throw new KbackupError('KB_CONFIG_INVALID', {
      message: `olderThanMs is ${olderThanMs}`,
      hint: 'give a whole number of milliseconds, of at least 0',
    })
  }
  const { environment = systemEnvironment } = options
  return { storage, backupId, olderThanMs, removePins, unsafeSingleWriter, logger, environment }
}

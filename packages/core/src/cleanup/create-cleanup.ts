import { type ArchiveWriter, openArchiveWriter } from '../archive/archive-writer.ts'
import { assertOptions } from '../config/assert-options.ts'
import { CALL_OPTIONS } from '../config/common-options.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { retryingBlobStore } from '../storage/retrying-blob-store.ts'
import { type CleanupPlan, cleanupPlan } from './cleanup-plan.ts'
import { type CleanupResult, runCleanup } from './cleanup-run.ts'
import { type CleanupOptions, type CleanupSettings, cleanupSettings } from './cleanup-settings.ts'
import { planCleanup } from './plan-cleanup.ts'
import { surveyArchive } from './survey-archive.ts'

/** A cleanup of one archive, that can be planned and run any number of times. */
export interface Cleanup {
  /**
   * Finds what is no part of the archive, and says what a run would do with it; writes nothing.
   *
   * @throws KbackupError `KB_ARCHIVE_NOT_FOUND`, `KB_ARCHIVE_DAMAGED`, and what the store may answer
   */
  plan(options?: CallOptions): Promise<CleanupPlan>
  /**
   * Deletes objects that no commit names and such as were dropped, discards unfinished uploads, and removes the pins that were
   * named. Backups, restores and other cleanups may run at the same time; one that was cut short is finished by the next.
   *
   * Needs the rights of a cleaner: to create commits, and to delete.
   *
   * @throws KbackupError as `plan` does; `KB_USAGE` for a pin that does not stand, before anything is deleted
   */
  run(options?: CallOptions): Promise<CleanupResult>
}

/**
 * Makes a cleanup of what killed writers left below an archive; nothing is read or written before `plan` or `run`.
 *
 * @example
 * ```ts
 * import { createCleanup } from '@kbackup/core'
 * import { fs } from '@kbackup/storage-fs'
 *
 * const cleanup = createCleanup({ storage: fs({ directory: './backups' }), backupId: 'payments' })
 * const { objects, uploads, pins } = await cleanup.plan()
 * if (objects.length + uploads.length > 0) await cleanup.run()
 * ```
 */
export function createCleanup(options: CleanupOptions): Cleanup {
  return new ArchiveCleanup(cleanupSettings(options))
}

class ArchiveCleanup implements Cleanup {
  readonly #settings: CleanupSettings
  readonly #bareStorage: BlobStore

  constructor(settings: CleanupSettings) {
    const { storage, environment } = settings
    const { sleep, random } = environment
    this.#bareStorage = storage
    this.#settings = { ...settings, storage: retryingBlobStore(storage, { sleep, random }) }
  }

  async plan(options: CallOptions = {}): Promise<CleanupPlan> {
    const { settings, archive, signal } = await this.#open('plan', options)
    const { storage: store, backupId, environment } = settings
    const survey = await surveyArchive({ store, backupId, archive, signal })
    return cleanupPlan(await planCleanup(survey, { settings, archive, nowMs: environment.nowMs(), signal }))
  }

  async run(options: CallOptions = {}): Promise<CleanupResult> {
    return runCleanup(await this.#open('run', options))
  }

  async #open(call: string, options: CallOptions) {
    assertOptions(call, options, CALL_OPTIONS)
    const { signal } = options
    signal?.throwIfAborted()
    const settings = this.#settings
    const { storage, backupId, environment, logger } = settings
    const archive: ArchiveWriter = await openArchiveWriter(storage, backupId, {
      createIfMissing: false,
      environment,
      signal,
      onWarning: ({ message, code }) => logger?.warn({ backupId, code }, message),
    })
    return { settings, archive, signal, bareStorage: this.#bareStorage }
  }
}

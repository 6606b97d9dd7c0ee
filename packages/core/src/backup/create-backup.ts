import { openArchive } from '../archive/open-archive.ts'
import { assertOptions } from '../config/assert-options.ts'
import { CALL_OPTIONS, RUN_OPTIONS } from '../config/common-options.ts'
import type { OptionKind } from '../config/option-kinds.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { logEvent } from '../events/event-log.ts'
import { EventStream } from '../events/event-stream.ts'
import type { BackupEvent, EventListener, RunOutcome } from '../events/run-event.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import { type BlobRetry, retryingBlobStore } from '../storage/retrying-blob-store.ts'
import { type BackupOptions, type BackupSettings, backupSettings } from './backup-options.ts'
import { type BackupPlan, makeBackupPlan } from './backup-plan.ts'
import type { BackupResult } from './backup-result.ts'
import { BackupRun } from './backup-run.ts'
import { type BackupStatus, StatusTracker } from './backup-status.ts'
import { EMPTY_ARCHIVE, ifArchiveExists } from './existing-archive.ts'
import { retryEvent } from './retry-event.ts'
import { RunTally } from './run-tally.ts'
import { takeSourceCut } from './source-cut.ts'

/** What a run takes. */
export interface RunBackupOptions extends CallOptions {
  /** Is called with every event, in order; it should be quick, and what it throws is ignored. */
  readonly onEvent?: EventListener<BackupEvent> | undefined
}

/** A backup that can be planned and run, any number of times, one run at a time. */
export interface Backup extends AsyncDisposable {
  /**
   * Says what a run would do, without writing anything.
   *
   * @throws KbackupError `KB_TOPIC_NOT_FOUND`, `KB_NO_TOPICS_MATCHED`, and what source and store may answer
   */
  plan(options?: CallOptions): Promise<BackupPlan>
  /**
   * Backs up everything from the archive's end to the last stable offsets at its start, and stops.
   *
   * It always ends in a commit with the cut, also where nothing was new: the restorable range then reaches to now. What
   * it has committed before an error or an abort stays, and the next run goes on after it. An aborted signal leaves no
   * new commit and rejects with its reason.
   *
   * @throws KbackupError `KB_ARCHIVE_FENCED` where another writer has advanced the same partitions, `KB_SOURCE_CHANGED`
   * where topics keep changing, `KB_BATCH_CORRUPT` where a broker holds damaged data (all else is archived then), and what
   * source and store may answer
   */
  run(options?: RunBackupOptions): Promise<BackupResult>
  /** How the backup is, from memory. */
  status(): BackupStatus
  /** Aborts a run that is under way, waits for its end, and closes the source. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a backup of topics and consumer groups into an archive on a store; nothing is read or written before `plan` or `run`.
 *
 * @example
 * ```ts
 * import { createBackup } from '@kbackup/core'
 * import { kafka } from '@kbackup/kafka-io'
 * import { fs } from '@kbackup/storage-fs'
 *
 * await using backup = createBackup({
 *   source: kafka({ brokers: ['localhost:9092'] }),
 *   storage: fs({ directory: './backups' }),
 *   backupId: 'payments',
 *   topics: { include: ['payments.*'], exclude: ['*.dlq'] },
 * })
 * const { records, commit, restorableRange } = await backup.run()
 * ```
 */
export function createBackup(options: BackupOptions): Backup {
  return new ArchiveBackup(backupSettings(options))
}

class ArchiveBackup implements Backup {
  readonly #settings: BackupSettings
  readonly #tracker: StatusTracker
  #active: { readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined

  constructor(settings: BackupSettings) {
    this.#settings = settings
    this.#tracker = new StatusTracker(settings.backupId, settings.environment.nowMs)
  }

  async plan(options: CallOptions = {}): Promise<BackupPlan> {
    assertOptions('plan', options, CALL_OPTIONS)
    const { signal } = options
    signal?.throwIfAborted()
    const settings = this.#retrying()
    const archive = await ifArchiveExists(openArchive(settings.storage, settings.backupId, { signal }))
    const state = archive?.state ?? EMPTY_ARCHIVE
    return makeBackupPlan(settings, await takeSourceCut(settings, state, { signal }), state.head)
  }

  async run(options: RunBackupOptions = {}): Promise<BackupResult> {
    assertOptions('run', options, RUN_OPTIONS satisfies Record<keyof RunBackupOptions, OptionKind>)
    options.signal?.throwIfAborted()
    if (this.#active !== undefined) throw alreadyRunning(this.#settings)
    const stop = new AbortController()
    const result = this.#observe(options, AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]))
    this.#active = { stop, ended: result.catch(() => undefined) }
    try {
      return await result
    } finally {
      this.#active = undefined
    }
  }

  status(): BackupStatus {
    return this.#tracker.status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#active?.stop.abort(disposed(this.#settings))
    await this.#active?.ended
    await this.#settings.source.close()
  }

  async #observe({ onEvent }: RunBackupOptions, signal: AbortSignal): Promise<BackupResult> {
    const { environment, storage: bareStorage } = this.#settings
    const emit = this.#emitter(onEvent)
    const tally = new RunTally({ emit, nowMs: environment.nowMs })
    const end = (outcome: RunOutcome, error?: unknown) => {
      const code = KbackupError.is(error) ? error.code : undefined
      this.#tracker.end(outcome, error)
      emit({ type: 'run-end', run: 'backup', outcome, durationMs: tally.elapsedMs, code })
    }
    this.#tracker.start()
    try {
      const result = await new BackupRun({ settings: this.#retrying(emit), bareStorage, emit, tally, signal }).run()
      end('completed')
      return result
    } catch (error) {
      end(signal.aborted ? 'aborted' : 'failed', error)
      throw signal.aborted ? signal.reason : error
    }
  }

  /** The settings with a store that is asked again where it fails for a moment. */
  #retrying(emit: (event: BackupEvent) => void = () => undefined): BackupSettings {
    const { storage, environment } = this.#settings
    const { sleep, random } = environment
    const onRetry = (retry: BlobRetry) => emit(retryEvent(retry))
    return { ...this.#settings, storage: retryingBlobStore(storage, { sleep, random, onRetry }) }
  }

  #emitter(onEvent: EventListener<BackupEvent> | undefined): (event: BackupEvent) => void {
    const { logger } = this.#settings
    const events = new EventStream<BackupEvent>({
      onEvent,
      onListenerError: (error) => logger?.warn({ error: String(error) }, 'onEvent threw; a run does not stop for that'),
    })
    return (event) => {
      this.#tracker.note(event)
      if (logger !== undefined) logEvent(logger, event)
      events.emit(event)
    }
  }
}

function alreadyRunning({ backupId }: BackupSettings): KbackupError {
  return new KbackupError('KB_USAGE', {
    message: `a run of the backup ${backupId} is under way`,
    hint: 'wait for it, or make another backup with createBackup',
    details: { backupId },
  })
}

function disposed({ backupId }: BackupSettings): KbackupError {
  return new KbackupError('KB_INTERRUPTED', {
    message: `the backup ${backupId} was disposed of while it ran`,
    hint: 'run it again: it goes on after its last commit',
    details: { backupId },
  })
}

import { setMaxListeners } from 'node:events'
import { type ArchiveWriter, openArchiveWriter } from '../archive/archive-writer.ts'
import { assertConditionalCreates } from '../archive/conditional-creates.ts'
import { SharedFrames } from '../archive/shared-frames.ts'
import { groupBy } from '../collections/group-by.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BackupEvent } from '../events/run-event.ts'
import type { RunWarning } from '../events/run-warning.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import { OFFSETS_TOPIC } from '../offsets/offsets-topic-record.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { BlobRetry } from '../storage/retrying-blob-store.ts'
import type { BackupSettings } from './backup-options.ts'
import { type BackupResult, type BackupResultSources, backupResult } from './backup-result.ts'
import { BrokerFetchers } from './broker-fetchers.ts'
import { BundleWriter } from './bundle-writer.ts'
import { Committer } from './committer.ts'
import { EMPTY_ARCHIVE, ifArchiveExists } from './existing-archive.ts'
import { type MemoryShares, memoryShares } from './memory-shares.ts'
import { backUpPartition, type PartitionBackupContext } from './partition-backup.ts'
import type { PartitionTask } from './partition-task.ts'
import { retryEvent } from './retry-event.ts'
import { hasWork, type RunTally } from './run-tally.ts'
import type { UploadContext } from './section-upload.ts'
import {
  offsetsTopicWarning,
  otherWriterWarning,
  retakeSourceCut,
  type SourceCut,
  takeSourceCut,
} from './source-cut.ts'
import { taskWarnings } from './source-warnings.ts'

const MAX_PASSES = 4

/** Errors that concern one partition: the others go on, and the run rejects when they are done. */
const PARTITION_CODES = [
  'KB_BATCH_CORRUPT',
  'KB_BATCH_MAGIC',
  'KB_CODEC_UNKNOWN',
  'KB_KAFKA_AUTHORIZATION',
  'KB_KAFKA_PROTOCOL',
] as const

export interface BackupRunOptions {
  readonly settings: BackupSettings
  /** The store, every call of which is tried once. */
  readonly bareStorage: BlobStore
  readonly emit: (event: BackupEvent) => void
  readonly tally: RunTally
  readonly signal: AbortSignal
}

/** One run: from the archive's end to the last stable offsets at its start. */
export class BackupRun {
  readonly #options: BackupRunOptions
  readonly #shares: MemoryShares
  readonly #failure = new AbortController()
  /** Aborted by the caller's signal, and by the first error that ends the run. */
  readonly #signal: AbortSignal
  readonly #fetchers: BrokerFetchers
  readonly #sectionBudget: ByteBudget
  readonly #partitionErrors: KbackupError[] = []
  /** How often topics had to be read again. */
  #passes = 0
  #offsetsTopicLoss: BackupResultSources['offsetsTopicLoss'] = null

  constructor(options: BackupRunOptions) {
    this.#options = options
    this.#shares = memoryShares(options.settings.maxMemoryBytes)
    this.#signal = AbortSignal.any([options.signal, this.#failure.signal])
    setMaxListeners(0, this.#signal)
    this.#sectionBudget = new ByteBudget(this.#shares.wideBytes)
    this.#fetchers = new BrokerFetchers(options.settings.source, this.#shares, this.#signal)
  }

  async run(): Promise<BackupResult> {
    const { settings } = this.#options
    const signal = this.#signal
    signal.throwIfAborted()
    const existing = await ifArchiveExists(this.#openArchive({ createIfMissing: false }))
    const cut = await takeSourceCut(settings, existing?.state ?? EMPTY_ARCHIVE, { signal })
    const archive = existing ?? (await this.#openArchive({ createIfMissing: true }))
    await this.#assertConditions(archive)
    const frames = settings.storage.releasesChunks === true ? new SharedFrames(this.#shares.frames) : undefined
    const upload = { settings, shares: this.#shares, archive, frames, signal, decompressionTurn: new ByteBudget(1) }
    const bundles = new BundleWriter({ upload, emit: this.#options.emit })
    const parts = { cut, archive, upload, bundles, committer: this.#committer(archive, bundles) }
    try {
      return await this.#execute(parts)
    } finally {
      await parts.committer.idle()
      await frames?.close()
    }
  }

  async #execute(parts: RunParts): Promise<BackupResult> {
    const { cut, archive, committer } = parts
    const { settings, tally } = this.#options
    this.#announce(cut)
    await this.#readAll(parts)
    if (this.#partitionErrors.length > 0) return this.#failAfterCommit(committer)
    await committer.commitCut(cut.capture)
    while (committer.changedTopics.length > 0) {
      await this.#readChanged(parts)
      await committer.commitCut(cut.capture)
    }
    // Another writer may have come first at this very commit.
    this.#throwPartitionError()
    await archive.writeViews({ signal: this.#signal })
    this.#signal.throwIfAborted()
    tally.emitProgress({ force: true })
    return backupResult({ ...parts, settings, tally, offsetsTopicLoss: this.#offsetsTopicLoss })
  }

  async #assertConditions(archive: ArchiveWriter): Promise<void> {
    const { settings, bareStorage, emit, tally } = this.#options
    const { backupId, environment, unsafeSingleWriter } = settings
    const onRetry = (retry: BlobRetry) => emit(retryEvent(retry))
    const options = { environment, unsafeSingleWriter, onRetry, signal: this.#signal }
    tally.warn(await assertConditionalCreates({ store: bareStorage, backupId, archive }, options))
  }

  #openArchive({ createIfMissing }: { readonly createIfMissing: boolean }): Promise<ArchiveWriter> {
    const { settings, tally } = this.#options
    return openArchiveWriter(settings.storage, settings.backupId, {
      writerId: settings.writerId,
      createIfMissing,
      environment: settings.environment,
      signal: this.#signal,
      onWarning: ({ message, hint }) => tally.warn([{ code: 'KB_WARNING_VIEW', message, hint }]),
    })
  }

  #committer(archive: ArchiveWriter, bundles: BundleWriter): Committer {
    const { settings, tally } = this.#options
    return new Committer({
      archive,
      bundles,
      commitIntervalMs: settings.commitIntervalMs,
      nowMs: settings.environment.nowMs,
      topicIds: async (topics) => {
        const described = await settings.source.describeTopics(topics, { signal: this.#signal })
        return new Map(described.map(({ topic, topicId }) => [topic, topicId]))
      },
      onCommit: (made) => tally.committed(made),
      onLeft: (task, error) => this.#leave(task, error),
      signal: this.#signal,
    })
  }

  #announce({ topics, tasks, capture, warnings }: SourceCut): void {
    const { settings, emit, tally } = this.#options
    const { backupId } = settings
    emit({ type: 'run-start', run: 'backup', backupId, topicCount: topics.length, partitionCount: tasks.length })
    tally.warn(warnings)
    if (capture === null) return
    emit({ type: 'group-capture-end', groupCount: capture.groups.length, observedAtMs: capture.observedAtMs })
  }

  async #readAll(parts: RunParts): Promise<void> {
    await this.#read(parts)
    await this.#readChanged(parts)
  }

  /** Topics that change under the run are cut and read again, a few times at most. */
  async #readChanged(parts: RunParts): Promise<void> {
    const { archive, committer } = parts
    while (committer.changedTopics.length > 0) {
      const topics = committer.changedTopics
      await committer.commitPending()
      this.#passes += 1
      if (this.#passes >= MAX_PASSES) throw readTooOften(topics)
      committer.retire(topics)
      const cut = await retakeSourceCut(this.#options.settings, archive.state, { topics, signal: this.#signal })
      this.#options.tally.warn(cut.warnings)
      if (cut.offsetsTopic === 'incomplete') this.#offsetsTopicLoss ??= 'incomplete'
      await this.#read({ ...parts, cut })
    }
  }

  async #read(parts: RunParts): Promise<void> {
    const { cut, committer } = parts
    const { tally } = this.#options
    committer.begin(cut)
    tally.begin(cut.tasks)
    tally.warn(taskWarnings(cut.tasks))
    for (const failed of cut.failed) this.#notePartitionError(failed, failed.error)
    const context = this.#context(parts)
    const concurrency = this.#shares.maxOpenSections
    const tasks = byLeaderInTurn(cut.tasks.filter(hasWork))
    await mapConcurrently(tasks, { concurrency, signal: this.#signal }, (task) => this.#backUp(task, context))
    await committer.verifyTopics()
  }

  async #backUp(task: PartitionTask, context: PartitionBackupContext): Promise<void> {
    try {
      await backUpPartition(task, context)
    } catch (error) {
      await this.#settle(task, error, context).catch((fatal: unknown) => {
        throw this.#fail(fatal)
      })
    }
  }

  /** What ends the reading of one partition, or else, thrown again, the whole run. */
  async #settle(task: PartitionTask, error: unknown, { bundles, committer }: PartitionBackupContext): Promise<void> {
    const ledger = committer.ledger(task)
    if (ledger.isLeft) this.#options.tally.abandonPartition(task)
    else if (KbackupError.is(error, 'KB_SOURCE_CHANGED')) {
      await bundles.flush()
      ledger.close()
    } else if (task.topic === OFFSETS_TOPIC && KbackupError.is(error, 'KB_KAFKA_AUTHORIZATION')) {
      this.#options.tally.abandonPartition(task)
      this.#loseOffsetsTopic('unreadable', offsetsTopicWarning)
    } else if (KbackupError.is(error, ...PARTITION_CODES)) this.#notePartitionError(task, error)
    else throw error
  }

  /** Another writer of the archive goes on with the partition. Positions may be anybody's work; data has one owner. */
  #leave(task: PartitionTask, error: KbackupError): void {
    if (task.topic === OFFSETS_TOPIC) this.#loseOffsetsTopic('other-writer', otherWriterWarning)
    else this.#notePartitionError(task, error, 'another writer has advanced it')
  }

  #loseOffsetsTopic(loss: 'unreadable' | 'other-writer', warning: RunWarning): void {
    if (this.#offsetsTopicLoss !== loss) this.#options.tally.warn([warning])
    this.#offsetsTopicLoss = loss
  }

  /** An error of several partitions names them all: of each is then told what concerns it alone. */
  #notePartitionError({ topic, partition }: TopicPartition, error: KbackupError, message = error.message): void {
    this.#partitionErrors.push(error)
    this.#options.emit({ type: 'partition-failed', topic, partition, code: error.code, message })
  }

  #fail(error: unknown): unknown {
    this.#failure.abort(error)
    return error
  }

  /** What is sound is committed; the cut is not, since positions would point beyond the data. */
  async #failAfterCommit(committer: Committer): Promise<never> {
    await committer.commitPending()
    throw this.#partitionErrors[0]
  }

  #throwPartitionError(): void {
    if (this.#partitionErrors.length > 0) throw this.#partitionErrors[0]
  }

  #context({ upload, bundles, committer }: RunParts): PartitionBackupContext {
    const { tally, emit } = this.#options
    return {
      upload,
      bundles,
      sectionBudget: this.#sectionBudget,
      fetchers: this.#fetchers,
      committer,
      tally,
      emit,
      onDurable: () => {
        if (committer.isDue) committer.commitPending().catch((error: unknown) => this.#fail(error))
      },
    }
  }
}

interface RunParts {
  readonly cut: SourceCut
  readonly archive: ArchiveWriter
  readonly upload: UploadContext
  readonly bundles: BundleWriter
  readonly committer: Committer
}

/** All brokers get work from the start, whatever the order of the partitions. */
function byLeaderInTurn(tasks: readonly PartitionTask[]): readonly PartitionTask[] {
  const queues = [...groupBy(tasks, ({ leader }) => leader).values()]
  const longest = Math.max(0, ...queues.map(({ length }) => length))
  return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue[turn] ?? [])).flat()
}

function readTooOften(topics: readonly string[]): KbackupError {
  return new KbackupError('KB_SOURCE_CHANGED', {
    message:
      `topics ${topics.join(', ')} had to be read ${MAX_PASSES} times, and once more: each time they changed meanwhile, ` +
      'or a cleanup took away what was not committed yet',
    hint:
      'run the backup again when the cluster is at rest, and let cleanups spare what is younger than a backup takes; ' +
      'what is committed stays as it is',
    details: { topics },
    retryable: true,
  })
}

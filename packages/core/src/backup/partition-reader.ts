import type { Gap } from '../archive/commit.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import type { BackupSettings } from './backup-options.ts'
import type { BrokerFetcher, PartitionAnswer, PartitionFetch } from './broker-fetcher.ts'
import { type FetchMeaning, readFetchAnswer } from './fetch-answer.ts'
import { observePartitions, type PartitionObservation } from './partition-observation.ts'
import { lineageOf, type PartitionTask } from './partition-task.ts'
import type { PartitionWriter } from './partition-writer.ts'
import type { SectionClaim } from './section-claim.ts'
import { isOutOfRange, isUnknownTopic, sourceChanged, sourceError } from './source-error.ts'

const OUT_OF_RANGE_DELAY_MS = 100
const MAX_OUT_OF_RANGE_TRIES = 50
/** A leader that gives nothing before the stop for longer than this has lost what it once called stable. */
const MAX_STALL_MS = 120_000

/** How far a partition was read, and what came with that answer. */
export interface ReadAmounts {
  readonly nextOffset: bigint
  readonly records: number
  readonly bytes: number
}

export interface PartitionReaderOptions {
  readonly task: PartitionTask
  readonly fromOffset: bigint
  readonly settings: Pick<BackupSettings, 'source' | 'environment'>
  readonly fetcher: BrokerFetcher
  readonly writer: PartitionWriter
  readonly claim: SectionClaim
  /** What may be read before the claim must be wide. */
  readonly narrowReadBytes: number
  readonly onGap: (gap: Gap) => void
  /** Is told of each answer with data. */
  readonly onRead: (read: ReadAmounts) => void
  readonly signal: AbortSignal
}

/** Reads one partition up to its stop, fetching ahead by one answer while the one before is written. */
export class PartitionReader {
  readonly #options: PartitionReaderOptions
  #offset: bigint
  #alone = false
  #largestBatchBytes = 0
  #writing: Promise<void> = Promise.resolve()
  #hasRead = false
  #leave: () => void = () => undefined
  #outOfRangeTries = 0
  #stalledSinceMs: number | undefined

  constructor(options: PartitionReaderOptions) {
    this.#options = options
    this.#offset = options.fromOffset
  }

  /**
   * Resolves when everything up to the stop is durable, or waits in a bundle.
   *
   * @throws KbackupError `KB_SOURCE_CHANGED` where topic or log is no longer the one that the task is about
   */
  async read(): Promise<void> {
    const { fetcher, task, writer } = this.#options
    this.#leave = fetcher.join()
    try {
      while (this.#offset < task.stopOffset) await this.#step()
    } finally {
      this.#leave()
    }
    await this.#writing
    await writer.finish()
  }

  async #step(): Promise<void> {
    const { fetcher, claim, signal } = this.#options
    if (this.#hasRead && !claim.isWide) await this.#widen()
    this.#hasRead = true
    const answer = await fetcher.fetch(this.#wish())
    try {
      signal.throwIfAborted()
      await this.#take(answer)
    } catch (error) {
      answer.release()
      throw error
    }
  }

  /** Nothing of a response is held meanwhile, and the fetcher does not count on us. */
  async #widen(): Promise<void> {
    const { fetcher, claim, writer, signal } = this.#options
    await this.#writing
    this.#leave()
    await claim.widen({ signal })
    writer.rejuvenate()
    this.#leave = fetcher.join()
  }

  #wish(): PartitionFetch {
    const { claim, narrowReadBytes, task } = this.#options
    return {
      topic: task.topic,
      partition: task.partition,
      offset: this.#offset,
      alone: this.#alone,
      largestBatchBytes: this.#largestBatchBytes,
      expectedBatchBytes: Math.max(this.#largestBatchBytes, task.maxBatchBytes),
      maxBytes: claim.isWide ? Number.POSITIVE_INFINITY : narrowReadBytes,
    }
  }

  async #take(answer: PartitionAnswer): Promise<void> {
    const { fetched, throttleTimeMs } = answer
    if (this.#isTooMuch(fetched.records)) return answer.release()
    const { stopOffset, isTiered } = this.#options.task
    const place = { offset: this.#offset, stopOffset, mayHaveHoles: !isTiered }
    const meaning = readFetchAnswer(fetched, { ...place, alone: this.#alone, throttleTimeMs })
    if (meaning.kind === 'data') return this.#write(meaning, answer)
    answer.release()
    if (meaning.kind === 'failed') return this.#recover(meaning.error)
    this.#alone = meaning.alone
    if (meaning.delayMs > 0) await this.#pause(meaning.delayMs, throttleTimeMs > 0)
  }

  /** A broker has given a whole batch, more than a narrow claim has room for: it is fetched again when the claim is wide. */
  #isTooMuch(records: Buffer): boolean {
    const { claim, narrowReadBytes } = this.#options
    if (records.length <= 2 * narrowReadBytes || claim.tryWiden()) return false
    this.#largestBatchBytes = Math.max(this.#largestBatchBytes, records.length)
    return true
  }

  async #write(
    { batches, nextOffset }: Extract<FetchMeaning, { kind: 'data' }>,
    { fetched, release }: PartitionAnswer,
  ): Promise<void> {
    await this.#writing
    this.#note(batches, nextOffset)
    const { abortedTransactions } = fetched
    this.#writing = this.#options.writer.write({ batches, abortedTransactions, nextOffset }).finally(release)
    // Whoever waits for it next hears of its failure; meanwhile it is not an unhandled one.
    this.#writing.catch(() => undefined)
  }

  #note(batches: Extract<FetchMeaning, { kind: 'data' }>['batches'], nextOffset: bigint): void {
    let records = 0
    let bytes = 0
    for (const batch of batches) {
      records += batch.recordCount
      bytes += batch.bytes.length
      this.#largestBatchBytes = Math.max(this.#largestBatchBytes, batch.bytes.length)
    }
    this.#offset = nextOffset
    this.#alone = false
    this.#outOfRangeTries = 0
    this.#stalledSinceMs = undefined
    this.#options.onRead({ nextOffset, records, bytes })
  }

  async #pause(delayMs: number, isThrottled: boolean): Promise<void> {
    const { environment } = this.#options.settings
    const { task, signal } = this.#options
    const now = environment.nowMs()
    this.#stalledSinceMs = isThrottled ? now : (this.#stalledSinceMs ?? now)
    if (now - this.#stalledSinceMs > MAX_STALL_MS) {
      throw sourceChanged(
        task,
        `its leader gives nothing more before offset ${task.stopOffset}, up to which it was stable`,
      )
    }
    await environment.sleep(delayMs, signal)
  }

  async #recover(error: ProtocolError): Promise<void> {
    const { task } = this.#options
    await this.#writing
    if (isUnknownTopic(error)) throw sourceChanged(task, 'its topic was deleted')
    if (!isOutOfRange(error)) throw sourceError(error, task, `fetching offset ${this.#offset} of`)
    await this.#skipLostOffsets()
  }

  /** The log was cut off at one of its ends since it was asked for its offsets. */
  async #skipLostOffsets(): Promise<void> {
    const { task, writer, onGap, onRead } = this.#options
    const { logStartOffset, highWatermark } = await this.#observe()
    if (this.#offset > highWatermark)
      throw sourceChanged(task, `it ends at ${highWatermark}, before offset ${this.#offset}`)
    if (logStartOffset <= this.#offset) return this.#tryAgainInRange()
    const nextOffset = logStartOffset < task.stopOffset ? logStartOffset : task.stopOffset
    await writer.skipTo(nextOffset)
    onGap({ ...lineageOf(task), startOffset: this.#offset, nextOffset, reason: task.lossReason })
    onRead({ nextOffset, records: 0, bytes: 0 })
    this.#offset = nextOffset
  }

  async #tryAgainInRange(): Promise<void> {
    const { task, settings, signal } = this.#options
    this.#outOfRangeTries++
    if (this.#outOfRangeTries > MAX_OUT_OF_RANGE_TRIES) {
      throw sourceChanged(task, `offset ${this.#offset} is said to be in range and is not`)
    }
    await settings.environment.sleep(OUT_OF_RANGE_DELAY_MS, signal)
  }

  async #observe(): Promise<PartitionObservation> {
    const { task, settings, signal } = this.#options
    const nowMs = settings.environment.nowMs
    const [observed] = await observePartitions(settings.source, [task], { signal, nowMs })
    if (observed === undefined || 'error' in observed) {
      if (observed !== undefined && !isUnknownTopic(observed.error)) {
        throw sourceError(observed.error, task, 'asking for the offsets of')
      }
      throw sourceChanged(task, 'its topic was deleted')
    }
    return observed
  }
}

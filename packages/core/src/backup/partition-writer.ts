import type { BuiltSection } from '../archive/bundle.ts'
import type { SectionEntry } from '../archive/commit.ts'
import type { OmissionReason } from '../archive/section.ts'
import { AbortedFilter } from '../batch/aborted-filter.ts'
import { assertBatchChecksum, type RecordBatch } from '../batch/record-batch.ts'
import type { AbortedTransaction } from '../kafka/kafka-data.ts'
import type { BundleWriter } from './bundle-writer.ts'
import type { PartitionTask } from './partition-task.ts'
import { SectionUpload, type UploadContext } from './section-upload.ts'
import { sourceChanged } from './source-error.ts'

/** Kafka's own segments stay below 2 GiB, and tools that read them count on it. */
const MAX_LOG_BYTES = 1024 * 1024 * 1024

/** What was read in one answer. */
export interface ReadBatches {
  readonly batches: readonly RecordBatch[]
  readonly abortedTransactions: readonly AbortedTransaction[]
  /** Everything below is accounted for by these batches and those before. */
  readonly nextOffset: bigint
}

export interface PartitionWriterOptions {
  readonly task: PartitionTask
  readonly startOffset: bigint
  readonly upload: UploadContext
  /** Takes the sections that are too small for objects of their own. */
  readonly bundles: Pick<BundleWriter, 'add' | 'flush'>
  /** Is told of each durable section, in the order of their offsets. */
  readonly onSection: (section: SectionEntry) => void
  /** Is told of each durable section that is an object of its own, besides. */
  readonly onSegment: (section: SectionEntry) => void
  /** Is called when a section is durable, or waits in a bundle. */
  readonly onFinish: () => void
}

/** Writes what was read of one partition as sections, one open and at most one being finished. Small ones go into bundles. */
export class PartitionWriter {
  readonly #options: PartitionWriterOptions
  #nextOffset: bigint
  #open: SectionUpload | undefined
  #aborted: { readonly reason: unknown } | undefined
  #finishing: { readonly upload: SectionUpload; readonly done: Promise<void> } | undefined
  #hasBundled = false

  constructor(options: PartitionWriterOptions) {
    this.#options = options
    this.#nextOffset = options.startOffset
  }

  async write({ batches, abortedTransactions, nextOffset }: ReadBatches): Promise<void> {
    const { task } = this.#options
    const filter = new AbortedFilter(abortedTransactions, task)
    for (const batch of batches) {
      assertBatchChecksum(batch, task)
      this.#assertSameLog(batch)
      this.#leaveOut(batch.baseOffset, 'compacted')
      const visibility = task.keepsTransactions ? 'data' : filter.visibilityOf(batch)
      if (visibility === 'data') await this.#append(batch)
      else this.#leaveOut(batch.nextOffset, visibility)
      if (this.#isFull()) await this.#roll()
    }
    this.#leaveOut(nextOffset, 'compacted')
  }

  /** Counts the age of what is open from now on: its partition had to wait for its turn. */
  rejuvenate(): void {
    this.#open?.rejuvenate()
  }

  /** Finishes what is open: all that was written is durable then, or given to `bundles`. */
  async finish(): Promise<void> {
    await this.#roll()
    await this.#finishing?.done
  }

  /** Finishes what is open and goes on further on, leaving the offsets between to a gap. */
  async skipTo(nextOffset: bigint): Promise<void> {
    await this.finish()
    await this.#settleBundled()
    this.#nextOffset = nextOffset
  }

  /**
   * Resolves when no upload goes on, with what went wrong: where an upload failed, those who append hear only that nobody
   * takes their bytes any more. What is still being written fails with the reason.
   */
  async abort(reason: unknown): Promise<unknown> {
    this.#aborted ??= { reason }
    const uploads = [this.#finishing?.upload, this.#open].filter((upload) => upload !== undefined)
    const causes = await Promise.all(uploads.map((upload) => upload.abort(reason)))
    // What was durable by then is told before anybody reads on: behind it.
    await this.#finishing?.done.catch(() => undefined)
    return causes.find((cause) => cause !== reason) ?? reason
  }

  async #append(batch: RecordBatch): Promise<void> {
    const { task, upload } = this.#options
    const isLent = batch.bytes.length > upload.shares.largeBatchBytes && batch.nextOffset <= task.stopOffset
    if (isLent) await this.#section.appendLent(batch)
    else await this.#section.append(batch)
    this.#advance(batch.nextOffset)
  }

  #leaveOut(nextOffset: bigint, reason: OmissionReason): void {
    const end = this.#clipped(nextOffset)
    if (end <= this.#nextOffset) return
    this.#section.leaveOut({ startOffset: this.#nextOffset, nextOffset: end, reason })
    this.#advance(end)
  }

  #advance(nextOffset: bigint): void {
    this.#nextOffset = this.#clipped(nextOffset)
  }

  #clipped(offset: bigint): bigint {
    const { stopOffset } = this.#options.task
    return offset < stopOffset ? offset : stopOffset
  }

  get #section(): SectionUpload {
    if (this.#aborted !== undefined) throw this.#aborted.reason
    this.#open ??= new SectionUpload(this.#options.task, this.#nextOffset, this.#options.upload)
    return this.#open
  }

  /** What lies below the frozen stop was written in the epoch of the leader that named it, or in one before. */
  #assertSameLog(batch: RecordBatch): void {
    const { task } = this.#options
    const { leaderEpoch } = task.observation
    if (leaderEpoch < 0 || batch.partitionLeaderEpoch <= leaderEpoch) return
    const epochs = `${batch.partitionLeaderEpoch}, after ${leaderEpoch} when the run began`
    throw sourceChanged(task, `offset ${batch.baseOffset} was written again in leader epoch ${epochs}`)
  }

  #isFull(): boolean {
    if (this.#open === undefined) return false
    const { maxSegmentBytes, maxSegmentAgeMs } = this.#options.upload.settings
    const { storedBytes, logBytes, ageMs } = this.#open
    return storedBytes >= maxSegmentBytes || logBytes >= MAX_LOG_BYTES || ageMs >= maxSegmentAgeMs
  }

  /** The next section fills while this one is finished; a third one waits. */
  async #roll(): Promise<void> {
    const upload = this.#open
    await this.#finishing?.done
    if (upload === undefined) return
    this.#open = undefined
    const done = this.#finishSection(upload, this.#nextOffset)
    done.catch(() => undefined)
    this.#finishing = { upload, done }
  }

  async #finishSection(upload: SectionUpload, nextOffset: bigint): Promise<void> {
    const finished = await upload.finish(nextOffset)
    if (finished.kind === 'small') await this.#bundle(finished.section)
    else await this.#takeSegment(finished.entry)
    this.#options.onFinish()
  }

  async #bundle(section: BuiltSection): Promise<void> {
    const { bundles, onSection } = this.#options
    this.#hasBundled = true
    await bundles.add(section, onSection)
  }

  async #takeSegment(section: SectionEntry): Promise<void> {
    const { onSection, onSegment } = this.#options
    await this.#settleBundled()
    onSection(section)
    onSegment(section)
  }

  /** What waits in a bundle lies before what comes now. */
  async #settleBundled(): Promise<void> {
    if (this.#hasBundled) await this.#options.bundles.flush()
    this.#hasBundled = false
  }
}

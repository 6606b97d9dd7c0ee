import type { ArchiveWriter } from '../archive/archive-writer.ts'
import type { BuiltSection } from '../archive/bundle.ts'
import type { SectionEntry } from '../archive/commit.ts'
import type { FrameLoan } from '../archive/frame-loan.ts'
import type { Omission } from '../archive/section.ts'
import { SectionBuilder } from '../archive/section-builder.ts'
import type { SharedFrames } from '../archive/shared-frames.ts'
import type { RecordBatch } from '../batch/record-batch.ts'
import type { ByteBudget } from '../memory/byte-budget.ts'
import type { BackupSettings } from './backup-options.ts'
import type { MemoryShares } from './memory-shares.ts'
import { lineageOf, type PartitionTask } from './partition-task.ts'

/** What every upload of a run needs. */
export interface UploadContext {
  readonly settings: BackupSettings
  readonly shares: MemoryShares
  readonly archive: Pick<ArchiveWriter, 'archiveId' | 'segmentKey' | 'bundleKey'>
  /** A budget of one: a large batch is decompressed when no other is. */
  readonly decompressionTurn: ByteBudget
  /** Where the store has done with a chunk once it asks for the next one, or settles. */
  readonly frames?: SharedFrames | undefined
  readonly signal: AbortSignal
}

/** What became of a section: an object of its own, or bytes too few for one. */
export type FinishedSection =
  | { readonly kind: 'segment'; readonly entry: SectionEntry }
  | { readonly kind: 'small'; readonly section: BuiltSection }

/** Where the bytes of a section went. */
type Carried = { readonly kind: 'segment'; readonly key: string } | { readonly kind: 'small'; readonly bytes: Buffer }

/** One section on its way: gathered in memory until it fills a part of an upload, from then on an object of its own. */
export class SectionUpload {
  readonly startOffset: bigint
  readonly #task: PartitionTask
  readonly #context: UploadContext
  readonly #builder: SectionBuilder
  readonly #frames: FrameLoan | undefined
  readonly #carried: Promise<Carried>
  readonly #cancel = new AbortController()
  #openedAtMs: number

  constructor(task: PartitionTask, startOffset: bigint, context: UploadContext) {
    const { settings, shares, archive } = context
    this.#task = task
    this.#context = context
    this.#frames = context.frames?.loan()
    this.startOffset = startOffset
    this.#openedAtMs = settings.environment.nowMs()
    this.#builder = new SectionBuilder({
      archiveId: archive.archiveId,
      lineage: lineageOf(task),
      startOffset,
      codec: settings.compression,
      level: settings.compressionLevel,
      blockBytes: shares.blockBytes,
      maxPendingBlocks: shares.maxPendingBlocks,
      indexTimestamps: settings.indexTimestamps,
      decompressionTurn: context.decompressionTurn,
      frames: this.#frames,
    })
    // The store has done with all chunks when `put` has settled, too.
    this.#carried = this.#carry().finally(() => this.#frames?.end())
    // Whoever appends must hear that nobody takes the bytes any more.
    this.#carried.catch((error: unknown) => this.#builder.abort(error))
  }

  append(batch: RecordBatch): Promise<void> {
    return this.#builder.append(batch)
  }

  /** For a batch that is too large for a block: its bytes must stay as they are until this resolves. */
  appendLent(batch: RecordBatch): Promise<void> {
    return this.#builder.appendLent(batch)
  }

  leaveOut(omission: Omission): void {
    this.#builder.leaveOut(omission)
  }

  get ageMs(): number {
    return this.#context.settings.environment.nowMs() - this.#openedAtMs
  }

  rejuvenate(): void {
    this.#openedAtMs = this.#context.settings.environment.nowMs()
  }

  get logBytes(): number {
    return this.#builder.logBytes
  }

  get storedBytes(): number {
    return this.#builder.storedBytes
  }

  /** Ends the section; resolves when it is durable, or whole in memory. Part of the archive it is once a commit names it. */
  async finish(nextOffset: bigint): Promise<FinishedSection> {
    const sealed = await this.#builder.seal(nextOffset)
    const carried = await this.#carried
    return carried.kind === 'segment'
      ? { kind: 'segment', entry: { ...sealed, key: carried.key } }
      : { kind: 'small', section: { sealed, bytes: carried.bytes } }
  }

  /** Resolves when nothing of the upload goes on, with what ended it: the error of the store, if that came first. */
  async abort(reason: unknown): Promise<unknown> {
    this.#builder.abort(reason)
    this.#cancel.abort(reason)
    return this.#carried.then(
      () => reason,
      (error: unknown) => error,
    )
  }

  async #carry(): Promise<Carried> {
    const chunks = this.#builder.bytes[Symbol.asyncIterator]()
    const gathered: Uint8Array[] = []
    for (let bytes = 0; bytes < this.#segmentBytes; ) {
      const { done, value } = await chunks.next()
      if (done) return { kind: 'small', bytes: this.#joined(gathered) }
      gathered.push(value)
      bytes += value.length
    }
    return { kind: 'segment', key: await this.#put(this.#rest(gathered, chunks)) }
  }

  #joined(gathered: readonly Uint8Array[]): Buffer {
    const bytes = Buffer.concat(gathered)
    for (const chunk of gathered) this.#frames?.giveBack(chunk)
    return bytes
  }

  /** What was gathered, then the rest; a reader that stops early ends the rest, too. */
  async *#rest(gathered: Uint8Array[], chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (let next = gathered.shift() ?? (await taken(chunks)); next !== undefined; ) {
        yield next
        this.#frames?.giveBack(next)
        next = gathered.shift() ?? (await taken(chunks))
      }
    } finally {
      await chunks.return?.()
    }
  }

  /** Where segments are to be small, a small section is one. */
  get #segmentBytes(): number {
    const { settings, shares } = this.#context
    return Math.min(shares.partBytes, settings.maxSegmentBytes)
  }

  async #put(bytes: AsyncIterable<Uint8Array>): Promise<string> {
    const { settings, archive, signal } = this.#context
    const key = archive.segmentKey(this.#task, this.startOffset, settings.compression)
    const anySignal = AbortSignal.any([signal, this.#cancel.signal])
    await settings.storage.put(key, bytes, { ifAbsent: true, signal: anySignal })
    return key
  }
}

async function taken(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const next = await chunks.next()
  return next.done === true ? undefined : next.value
}

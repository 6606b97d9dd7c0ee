import type { ArchiveWriter } from '../archive/archive-writer.ts'
import type { SectionEntry } from '../archive/commit.ts'
import type { Omission } from '../archive/section.ts'
import { SectionBuilder } from '../archive/section-builder.ts'
import type { RecordBatch } from '../batch/record-batch.ts'
import type { BackupSettings } from './backup-options.ts'
import type { MemoryShares } from './memory-shares.ts'
import { lineageOf, type PartitionTask } from './partition-task.ts'

/** What every upload of a run needs. */
export interface UploadContext {
  readonly settings: BackupSettings
  readonly shares: MemoryShares
  readonly archive: Pick<ArchiveWriter, 'archiveId' | 'segmentKey'>
  readonly signal: AbortSignal
}

/** One section on its way to the store, as an object of its own. */
export class SectionUpload {
  readonly key: string
  readonly startOffset: bigint
  readonly openedAtMs: number
  readonly #builder: SectionBuilder
  readonly #stored: Promise<void>
  readonly #cancel = new AbortController()

  constructor(task: PartitionTask, startOffset: bigint, { settings, shares, archive, signal }: UploadContext) {
    this.key = archive.segmentKey(task, startOffset, settings.compression)
    this.startOffset = startOffset
    this.openedAtMs = settings.environment.nowMs()
    this.#builder = new SectionBuilder({
      archiveId: archive.archiveId,
      lineage: lineageOf(task),
      startOffset,
      codec: settings.compression,
      level: settings.compressionLevel,
      blockBytes: shares.blockBytes,
      maxPendingBlocks: shares.maxPendingBlocks,
      indexTimestamps: settings.indexTimestamps,
    })
    this.#stored = settings.storage.put(this.key, this.#builder.bytes, {
      ifAbsent: true,
      signal: AbortSignal.any([signal, this.#cancel.signal]),
    })
    // Whoever appends must hear that nobody takes the bytes any more.
    this.#stored.catch((error: unknown) => this.#builder.abort(error))
  }

  append(batch: RecordBatch): Promise<void> {
    return this.#builder.append(batch)
  }

  leaveOut(omission: Omission): void {
    this.#builder.leaveOut(omission)
  }

  get logBytes(): number {
    return this.#builder.logBytes
  }

  get storedBytes(): number {
    return this.#builder.storedBytes
  }

  /** Resolves when the section is durable; it is part of the archive only once a commit names it. */
  async finish(nextOffset: bigint): Promise<SectionEntry> {
    const sealed = await this.#builder.seal(nextOffset)
    await this.#stored
    return { ...sealed, key: this.key }
  }

  /** Resolves when nothing of the upload goes on, with what ended it: the error of the store, if that came first. */
  async abort(reason: unknown): Promise<unknown> {
    this.#builder.abort(reason)
    this.#cancel.abort(reason)
    return this.#stored.then(
      () => reason,
      (error: unknown) => error,
    )
  }
}

import { readIfPresent } from '../archive/create-object.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { Findings } from './finding.ts'

/** How deep an archive is verified: that objects are there; that every byte is; that every record is. */
export type VerifyDepth = 'objects' | 'bytes' | 'records'

/** How far a verification has come. */
export interface VerifyProgress {
  readonly objectsChecked: number
  readonly objectsTotal: number
  readonly bytesRead: number
}

/** What all parts of one verification share. */
export class Verification {
  readonly store: BlobStore
  readonly backupId: string
  readonly depth: VerifyDepth
  readonly findings: Findings
  readonly signal: AbortSignal | undefined
  /** Every object of the archive, with its size. */
  readonly objects: ReadonlyMap<string, number>
  readonly #onProgress: (progress: VerifyProgress) => void
  #objectsChecked = 0
  #bytesRead = 0

  constructor(parts: {
    readonly store: BlobStore
    readonly backupId: string
    readonly depth: VerifyDepth
    readonly findings: Findings
    readonly signal: AbortSignal | undefined
    readonly objects: ReadonlyMap<string, number>
    readonly onProgress: ((progress: VerifyProgress) => void) | undefined
  }) {
    this.store = parts.store
    this.backupId = parts.backupId
    this.depth = parts.depth
    this.findings = parts.findings
    this.signal = parts.signal
    this.objects = parts.objects
    this.#onProgress = parts.onProgress ?? (() => undefined)
  }

  get progress(): VerifyProgress {
    return { objectsChecked: this.#objectsChecked, objectsTotal: this.objects.size, bytesRead: this.#bytesRead }
  }

  noteRead(bytes: number): void {
    this.#bytesRead += bytes
  }

  noteObject(): void {
    this.#objectsChecked++
    this.#onProgress(this.progress)
  }

  /** An object as a whole, for those that are read whole; that it vanished is for the caller to judge. */
  async read(key: string): Promise<Buffer | undefined> {
    const bytes = await readIfPresent(this.store, key, this.signal)
    this.noteRead(bytes?.length ?? 0)
    return bytes
  }

  /** Runs a check; damage that it meets becomes a finding, whatever else goes wrong ends the verification. */
  async check<T>(
    key: string,
    work: () => Promise<T> | T,
    partitions: readonly TopicPartition[] = [],
  ): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!isDamage(error)) throw error
      this.findings.damage('damaged', { key, message: error.message, partitions })
      return undefined
    }
  }
}

/** What bytes that are not as they should be throw; errors of the store, and of cancellation, are none of it. */
function isDamage(error: unknown): error is Error {
  if (error instanceof RangeError) return true
  return KbackupError.is(
    error,
    'KB_ARCHIVE_DAMAGED',
    'KB_ARCHIVE_FORMAT',
    'KB_BATCH_CORRUPT',
    'KB_BATCH_MAGIC',
    'KB_CODEC_UNKNOWN',
  )
}

import { type BuiltSection, sealBundle } from '../archive/bundle.ts'
import type { SectionEntry } from '../archive/commit.ts'
import type { BackupEvent } from '../events/run-event.ts'
import type { BackupSettings } from './backup-options.ts'
import type { MemoryShares } from './memory-shares.ts'
import type { UploadContext } from './section-upload.ts'
import { isPassing, MAX_UPLOAD_TRIES, waitForRetry } from './upload-retry.ts'

/** What of a run storing bundles needs. */
export interface BundleUpload extends Pick<UploadContext, 'archive' | 'signal'> {
  readonly settings: Pick<BackupSettings, 'storage' | 'environment'>
  readonly shares: Pick<MemoryShares, 'bundleBytes'>
}

export interface BundleWriterOptions {
  readonly upload: BundleUpload
  readonly emit: (event: BackupEvent) => void
}

interface WaitingSection {
  readonly section: BuiltSection
  readonly onStored: (entry: SectionEntry) => void
}

/**
 * Gathers sections that are too small for objects of their own, and stores many of them as one.
 *
 * While one bundle is stored, another is filled; whoever brings more waits. Sections become durable in the order in which
 * they came, and lie in a bundle as readers will want them: by partition. A store that fails for a while gets the same bytes
 * again under another name; when that does not help, every later call rejects with its error.
 */
export class BundleWriter {
  readonly #options: BundleWriterOptions
  #waiting: WaitingSection[] = []
  #waitingBytes = 0
  #storing: Promise<void> = Promise.resolve()
  #isStoring = false

  constructor(options: BundleWriterOptions) {
    this.#options = options
  }

  /** Whether there are sections that a {@link flush} would make durable. */
  get holdsSections(): boolean {
    return this.#waiting.length > 0
  }

  /** Takes a section; resolves when there is room for another. `onStored` is called when it is durable. */
  async add(section: BuiltSection, onStored: WaitingSection['onStored']): Promise<void> {
    this.#waiting.push({ section, onStored })
    this.#waitingBytes += section.bytes.length
    while (this.#waitingBytes >= this.#options.upload.shares.bundleBytes) await this.#begin()
  }

  /** Resolves when everything that was added before is durable. */
  async flush(): Promise<void> {
    const last = this.#waiting.at(-1)
    while (last !== undefined && this.#waiting.includes(last)) await this.#begin()
    await this.#storing
  }

  /** Begins to store what waits, once nothing else is being stored. */
  async #begin(): Promise<void> {
    await this.#storing
    if (this.#isStoring || this.#waiting.length === 0) return
    this.#storing = this.#storeWaiting()
    // Whoever comes next hears of its failure; meanwhile it is not an unhandled one.
    this.#storing.catch(() => undefined)
  }

  async #storeWaiting(): Promise<void> {
    const waiting = this.#waiting.toSorted(byPartition)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#isStoring = true
    try {
      const entries = await this.#put(this.#objectOf(waiting.map(({ section }) => section)))
      for (const [index, entry] of entries.entries()) waiting[index]?.onStored(entry)
    } finally {
      this.#isStoring = false
    }
  }

  /** A single section needs no bundle. */
  #objectOf(sections: readonly BuiltSection[]): NamedObject {
    const { archive } = this.#options.upload
    const [single] = sections
    if (single !== undefined && sections.length === 1) {
      const { sealed, bytes } = single
      const newKey = () => archive.segmentKey(sealed, sealed.startOffset, sealed.codec)
      return { bytes, newKey, entriesAt: (key) => [{ ...sealed, key }] }
    }
    const { bytes, entries } = sealBundle(sections, { archiveId: archive.archiveId, key: '' })
    return { bytes, newKey: () => archive.bundleKey(), entriesAt: (key) => entries.map((entry) => ({ ...entry, key })) }
  }

  async #put(object: NamedObject): Promise<readonly SectionEntry[]> {
    const { upload, emit } = this.#options
    const { settings, signal } = upload
    for (let tries = 1; ; tries++) {
      const key = object.newKey()
      try {
        await settings.storage.put(key, object.bytes, { ifAbsent: true, signal })
        return this.#announced(object, key)
      } catch (error) {
        if (!isPassing(error) || tries >= MAX_UPLOAD_TRIES) throw error
        const operation = 'storing small sections'
        await waitForRetry({ operation, error, tries }, { environment: settings.environment, emit, signal })
      }
    }
  }

  #announced({ bytes, entriesAt }: NamedObject, key: string): readonly SectionEntry[] {
    const { emit } = this.#options
    const entries = entriesAt(key)
    const [section] = entries
    if (entries.length > 1) emit({ type: 'bundle-end', key, sections: entries.length, storedBytes: bytes.length })
    else if (section !== undefined) emit({ type: 'segment-end', section })
    return entries
  }
}

/** Those of one partition stay in the order in which they came. */
function byPartition(
  { section: { sealed: left } }: WaitingSection,
  { section: { sealed: right } }: WaitingSection,
): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1
  return left.partition - right.partition
}

/** Bytes that are stored under one name or another. */
interface NamedObject {
  readonly bytes: Uint8Array
  readonly newKey: () => string
  readonly entriesAt: (key: string) => readonly SectionEntry[]
}

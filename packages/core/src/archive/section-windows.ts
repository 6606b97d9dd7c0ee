import { KbackupError } from '../errors/kbackup-error.ts'
import { untilAborted } from '../storage/blob-body.ts'
import type { ByteRange, GetOptions } from '../storage/blob-store.ts'
import type { SectionEntry } from './commit.ts'
import type { BlobReader } from './read-soundly.ts'

/** Windows that are held at once. */
export const MAX_WINDOWS = 8
const DEFAULT_WINDOW_BYTES = 1024 * 1024

export interface SectionWindowsOptions {
  readonly store: BlobReader
  /** Those that are going to be read. */
  readonly sections: Iterable<SectionEntry>
  /** The most that is read at once; 1 MiB where absent. Up to eight times as much is held. */
  readonly windowBytes?: number | undefined
  readonly signal: AbortSignal | undefined
}

interface Window extends ByteRange {
  readonly key: string
}

/**
 * Reads small sections that lie side by side in one object together, so that thousands of them do not cost thousands of
 * requests. Whoever reads a part of one of them gets it out of a window over several; everything else is passed on.
 *
 *     sections   [ a ][ b ][ c ][    large    ][ d ][ e ]
 *     windows    [             ]               [         ]
 */
export class SectionWindows implements BlobReader {
  readonly #store: BlobReader
  readonly #signal: AbortSignal | undefined
  readonly #windows: ReadonlyMap<string, readonly Window[]>
  /** In the order of their last use. */
  readonly #held = new Map<Window, Promise<Buffer>>()

  constructor({ store, sections, windowBytes = DEFAULT_WINDOW_BYTES, signal }: SectionWindowsOptions) {
    this.#store = store
    this.#signal = signal
    this.#windows = windowsOver(sections, windowBytes)
  }

  /** Windows that arrived damaged are held like others. */
  get beneath(): BlobReader {
    return this.#store
  }

  async get(key: string, options: GetOptions = {}): Promise<Buffer> {
    const window = options.range === undefined ? undefined : this.#windowOf(key, options.range)
    if (window === undefined || options.range === undefined) return this.#store.get(key, options)
    const bytes = await this.#bytesOf(window, options.signal)
    if (bytes === undefined) return this.#store.get(key, options)
    const { start, end } = options.range
    // A copy: a small part must not keep all of the window in memory.
    return Buffer.from(bytes.subarray(start - window.start, end - window.start))
  }

  #windowOf(key: string, { start, end }: ByteRange): Window | undefined {
    return this.#windows.get(key)?.find((window) => window.start <= start && end <= window.end)
  }

  /** `undefined` where the object is too short for the window: perhaps it is not for the part that is wanted. */
  async #bytesOf(window: Window, signal: AbortSignal | undefined): Promise<Buffer | undefined> {
    try {
      return await untilAborted(this.#hold(window), signal)
    } catch (error) {
      if (KbackupError.is(error, 'KB_BLOB_RANGE')) return undefined
      throw error
    }
  }

  /** Read once for all who want a part, so it does not end when one of them does. */
  #hold(window: Window): Promise<Buffer> {
    const { key, start, end } = window
    const held = this.#held.get(window) ?? this.#store.get(key, { range: { start, end }, signal: this.#signal })
    this.#held.delete(window)
    this.#held.set(window, held)
    held.catch(() => this.#held.delete(window))
    const [oldest] = this.#held.keys()
    if (this.#held.size > MAX_WINDOWS && oldest !== undefined) this.#held.delete(oldest)
    return held
  }
}

function windowsOver(sections: Iterable<SectionEntry>, windowBytes: number): ReadonlyMap<string, readonly Window[]> {
  const byKey = new Map<string, SectionEntry[]>()
  for (const section of sections) {
    if (section.length * 2 > windowBytes) continue
    const known = byKey.get(section.key)
    if (known === undefined) byKey.set(section.key, [section])
    else known.push(section)
  }
  return new Map([...byKey].map(([key, ofKey]) => [key, joinAdjacent(key, ofKey, windowBytes)]))
}

function joinAdjacent(key: string, sections: readonly SectionEntry[], windowBytes: number): readonly Window[] {
  const windows: Window[] = []
  for (const { position: start, length } of sections.toSorted((left, right) => left.position - right.position)) {
    const end = start + length
    const last = windows.at(-1)
    if (last?.end === start && end - last.start <= windowBytes) windows[windows.length - 1] = { ...last, end }
    else if (last === undefined || start >= last.end) windows.push({ key, start, end })
  }
  return windows
}

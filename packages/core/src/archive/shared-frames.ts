import { DigestThread } from './digest-thread.ts'
import { directDigest, type StreamDigest } from './stream-digest.ts'

const KIB = 1024
/** Smaller frames are no burden. */
const LEAST_BYTES = 256 * KIB
/**
 * Longer ones are handed over in pieces and never come back. The thread lets go of what it has read only when it collects
 * garbage, of which it makes next to none: it would hold all of them.
 */
const MOST_BYTES = 2 * KIB * KIB
const ROUNDED_TO_BYTES = 128 * KIB
/** Kept while nobody needs it. */
const MAX_FREE_BYTES = 16 * KIB * KIB
/** Memory that is longer than the frame by more is not lent for it: the frame alone is counted. */
const MAX_SLACK_FACTOR = 2

/**
 * The memory of large stored frames: used again and again, and shared with a thread that digests them.
 *
 * A block that is stored as it is costs little else. Fresh memory outside of V8's heap makes it collect garbage, some fifty
 * times for a gigabyte; and its SHA-256 takes as long as a third of all that the main thread does with it.
 */
export class SharedFrames {
  readonly #thread = new DigestThread()
  readonly #free: SharedArrayBuffer[] = []

  /** Memory for a frame of so many bytes, not cleared. */
  lend(length: number): Buffer {
    if (length < LEAST_BYTES || length > MOST_BYTES) return Buffer.allocUnsafe(length)
    const capacity = Math.ceil(length / ROUNDED_TO_BYTES) * ROUNDED_TO_BYTES
    return Buffer.from(this.#takeFree(capacity) ?? new SharedArrayBuffer(capacity), 0, length)
  }

  /** Takes back what was lent, once nobody reads it any more; other bytes are left alone. */
  giveBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof SharedArrayBuffer)) return
    this.#free.push(buffer)
    while (this.#freeBytes > MAX_FREE_BYTES) this.#free.shift()
  }

  /** A digest for a stream with chunks like this one: made beside the main thread where they need not be copied for that. */
  digestFor({ buffer }: Uint8Array): StreamDigest {
    if (!(buffer instanceof SharedArrayBuffer)) return directDigest()
    try {
      return this.#thread.stream()
    } catch {
      return directDigest()
    }
  }

  async close(): Promise<void> {
    await this.#thread.close()
  }

  get #freeBytes(): number {
    return this.#free.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** The one that was used last: a part of it may still lie in the processor's cache. */
  #takeFree(capacity: number): SharedArrayBuffer | undefined {
    const index = this.#free.findLastIndex(
      ({ byteLength }) => byteLength >= capacity && byteLength <= capacity * MAX_SLACK_FACTOR,
    )
    return index < 0 ? undefined : this.#free.splice(index, 1)[0]
  }
}

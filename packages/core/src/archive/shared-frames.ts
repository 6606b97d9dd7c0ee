import { DigestThread } from './digest-thread.ts'
import { FrameLoan } from './frame-loan.ts'
import { directDigest, type StreamDigest } from './stream-digest.ts'

/** Smaller frames are no burden. */
const LEAST_BYTES = 256 * 1024

export interface SharedFramesOptions {
  /** The length of the longest frame that is lent memory. */
  readonly frameBytes: number
  /** All the memory that is ever taken. */
  readonly maxBytes: number
}

/**
 * The memory of large stored frames: used again and again, and shared with a thread that digests them.
 *
 * A block that is stored as it is costs little else. Fresh memory outside of V8's heap makes it collect garbage, some fifty
 * times for a gigabyte; and its SHA-256 takes as long as a third of all that the main thread does with it.
 *
 * It lies in slabs of one length, each for one frame. None is given up before the end, since the thread would hold it all
 * the same; so there are only so many, and who comes when all are lent gets memory of his own.
 */
export class SharedFrames {
  readonly #thread = new DigestThread()
  readonly #frameBytes: number
  readonly #free: SharedArrayBuffer[] = []
  #slabsToTake: number

  constructor({ frameBytes, maxBytes }: SharedFramesOptions) {
    this.#frameBytes = frameBytes
    this.#slabsToTake = Math.floor(maxBytes / frameBytes)
  }

  /** For the frames of one section. */
  loan(): FrameLoan {
    return new FrameLoan(this)
  }

  /** Memory for a frame of so many bytes, not cleared; not shared where there is none to lend. */
  lend(length: number): Buffer {
    const slab = length < LEAST_BYTES || length > this.#frameBytes ? undefined : this.#takeSlab()
    return slab === undefined ? Buffer.allocUnsafe(length) : Buffer.from(slab, 0, length)
  }

  /** Takes back what was lent, once, when nobody reads it any more. */
  giveBack(slab: SharedArrayBuffer): void {
    this.#free.push(slab)
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

  /** The one that was used last: a part of it may still lie in the processor's cache. */
  #takeSlab(): SharedArrayBuffer | undefined {
    const free = this.#free.pop()
    if (free !== undefined || this.#slabsToTake === 0) return free
    this.#slabsToTake--
    return new SharedArrayBuffer(this.#frameBytes)
  }
}

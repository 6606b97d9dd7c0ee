import type { SharedFrames } from './shared-frames.ts'
import type { StreamDigest } from './stream-digest.ts'

/** What one section was lent: given back frame by frame, and the rest when the section is over, however it ended. */
export class FrameLoan {
  readonly #frames: SharedFrames
  readonly #lent = new Set<SharedArrayBuffer>()
  #isOver = false

  constructor(frames: SharedFrames) {
    this.#frames = frames
  }

  /** Memory for a frame of so many bytes, not cleared. */
  lend(length: number): Buffer {
    // A section that was given up may still be at work on a block.
    if (this.#isOver) return Buffer.allocUnsafe(length)
    const frame = this.#frames.lend(length)
    if (frame.buffer instanceof SharedArrayBuffer) this.#lent.add(frame.buffer)
    return frame
  }

  /** Takes back what was lent, once nobody reads it any more; other bytes are left alone. */
  giveBack({ buffer }: Uint8Array): void {
    if (buffer instanceof SharedArrayBuffer && this.#lent.delete(buffer)) this.#frames.giveBack(buffer)
  }

  digestFor(chunk: Uint8Array): StreamDigest {
    return this.#frames.digestFor(chunk)
  }

  /** Nobody reads the section any more, but for a digest that nobody asks for: takes everything back. */
  end(): void {
    this.#isOver = true
    for (const slab of this.#lent) this.#frames.giveBack(slab)
    this.#lent.clear()
  }
}

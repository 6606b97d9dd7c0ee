const MIB = 1024 * 1024
/** Smaller frames are no burden. */
const LEAST_BYTES = 256 * 1024
/** Kept while nobody needs it. */
const MAX_FREE_BYTES = 32 * MIB

/**
 * The memory of large frames, lent again once their reader has given it back.
 *
 * It lies outside of V8's heap, and taking it makes V8 collect garbage: fresh memory for a gigabyte of frames costs some
 * twenty full collections. Whoever never gives back leaves a frame to the collector, as always.
 */
export class FrameMemory {
  readonly #free: ArrayBuffer[] = []
  readonly #lent = new WeakSet<ArrayBufferLike>()

  lend(length: number): Buffer {
    if (length < LEAST_BYTES) return Buffer.allocUnsafeSlow(length)
    const memory = this.#takeFree(length) ?? Buffer.allocUnsafeSlow(Math.ceil(length / MIB) * MIB).buffer
    this.#lent.add(memory)
    return Buffer.from(memory, 0, length)
  }

  /** Takes back the whole frame that these bytes lie in; nobody may read any of it afterwards. What was not lent is left alone. */
  giveBack({ buffer }: Buffer): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return
    this.#free.push(buffer)
    for (let bytes = total(this.#free); bytes > MAX_FREE_BYTES; bytes = total(this.#free)) this.#free.shift()
  }

  /** The smallest that is large enough, and not far larger. */
  #takeFree(length: number): ArrayBuffer | undefined {
    const fitting = this.#free.filter(({ byteLength }) => byteLength >= length && byteLength <= length * 4)
    const [smallest] = fitting.sort((left, right) => left.byteLength - right.byteLength)
    if (smallest !== undefined) this.#free.splice(this.#free.indexOf(smallest), 1)
    return smallest
  }
}

function total(buffers: readonly ArrayBuffer[]): number {
  return buffers.reduce((sum, { byteLength }) => sum + byteLength, 0)
}

/** The least that is taken: thousands of partitions hold a block at once, most of them small. */
const LEAST_BYTES = 16 * 1024

/**
 * The memory that the blocks of one section are filled in, used again and again.
 *
 * It lies outside of V8's heap, and taking it makes V8 collect garbage: fresh memory for each block of a gigabyte costs
 * some forty full collections.
 */
export class BlockMemory {
  readonly #blockBytes: number
  readonly #free: Buffer[] = []
  #hasFilled = false
  #isClosed = false

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes
  }

  /** Bytes that wait to be used again. */
  get freeBytes(): number {
    return this.#free.length * this.#blockBytes
  }

  /** Memory for a block that begins with so many bytes: little for the first, all of a block once one was full. */
  take(length: number): Buffer {
    if (length > this.#blockBytes || !this.#hasFilled) return Buffer.allocUnsafeSlow(Math.max(length, LEAST_BYTES))
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#blockBytes)
  }

  /** More memory for a block that outgrows its own: doubled each time, up to a whole block. */
  grow(length: number, { from }: { readonly from: number }): Buffer {
    return Buffer.allocUnsafeSlow(Math.max(length, Math.min(from * 2, this.#blockBytes)))
  }

  /** Takes back what nobody reads any more; only whole blocks are worth keeping. */
  giveBack(bytes: Buffer): void {
    this.#hasFilled = true
    if (bytes.length === this.#blockBytes && !this.#isClosed) this.#free.push(bytes)
  }

  /** No further block will be filled: nothing is kept. */
  close(): void {
    this.#isClosed = true
    this.#free.length = 0
  }
}

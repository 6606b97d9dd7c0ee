export interface ChunkQueueOptions {
  /** Longer chunks are handed over in copies of so many bytes: a reader holds one of them, and not the whole. */
  readonly maxPieceBytes: number
  readonly onTaken: (chunk: Uint8Array) => void
  readonly onAbandoned: () => void
}

/**
 * Hands chunks from one producer to one reader, in order. The producer learns how many wait, and when one was taken.
 *
 * A reader that stops early makes the queue fail, so that the producer does not wait for it for ever.
 */
export class ChunkQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  readonly #options: ChunkQueueOptions
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #isRead = false
  #wake: () => void = () => undefined

  constructor(options: ChunkQueueOptions) {
    this.#options = options
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** The reader gets this error instead of what it has not taken. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#chunks.length = 0
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    if (this.#isRead) throw new TypeError('the bytes of a section can be read once')
    this.#isRead = true
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure.error
        const chunk = this.#chunks.shift()
        if (chunk === undefined && this.#ended) return
        if (chunk === undefined) await this.#somethingNew()
        else yield* this.#pieces(chunk)
      }
    } finally {
      if (!this.#ended || this.#chunks.length > 0) this.#options.onAbandoned()
    }
  }

  /** A chunk counts as taken with its last piece. */
  *#pieces(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    const { maxPieceBytes } = this.#options
    let position = 0
    for (; chunk.length - position > maxPieceBytes; position += maxPieceBytes) {
      yield Buffer.from(chunk.subarray(position, position + maxPieceBytes))
      if (this.#failure !== undefined) throw this.#failure.error
    }
    this.#options.onTaken(chunk)
    yield position === 0 ? chunk : Buffer.from(chunk.subarray(position))
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

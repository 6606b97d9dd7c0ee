import type { UploadPart } from './object-service.ts'

const FIRST_CAPACITY = 64 * 1024

/**
 * Cuts a stream into parts of `partBytes`, the last of which may be shorter, or empty for an empty stream.
 *
 * The bytes are copied: neither the source's buffers nor what they are slices of stay alive.
 */
export async function* objectParts(
  chunks: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<UploadPart, void, void> {
  let number = 1
  let filling = new PartBuffer(partBytes)
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      if (filling.isFull) {
        yield { number, bytes: filling.bytes, last: false }
        number += 1
        filling = new PartBuffer(partBytes)
      }
      taken += filling.append(chunk.subarray(taken))
    }
  }
  yield { number, bytes: filling.bytes, last: true }
}

/** Grows with what it holds, so that a short stream costs little memory. */
class PartBuffer {
  readonly #maxBytes: number
  #buffer: Buffer
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_CAPACITY, maxBytes))
  }

  get isFull(): boolean {
    return this.#length === this.#maxBytes
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Takes as much as there is room for, and tells how much that was. */
  append(chunk: Uint8Array): number {
    const bytes = Math.min(chunk.length, this.#maxBytes - this.#length)
    if (this.#length + bytes > this.#buffer.length) this.#grow(this.#length + bytes)
    this.#buffer.set(chunk.subarray(0, bytes), this.#length)
    this.#length += bytes
    return bytes
  }

  #grow(needed: number): void {
    const capacity = Math.min(this.#maxBytes, Math.max(needed, this.#buffer.length * 4))
    const grown = Buffer.allocUnsafeSlow(capacity)
    grown.set(this.bytes)
    this.#buffer = grown
  }
}

import type { UploadPart } from './object-service.ts'
import type { PartMemory } from './part-memory.ts'

const FIRST_CAPACITY = 64 * 1024
const GROWTH = 4

/** A part of a stream, and the way in which its memory is given back. */
export interface FilledPart extends UploadPart {
  /** Nobody reads the bytes any more. To be called once; a part for which it is not called is left to the collector. */
  giveBack(): void
}

/**
 * Cuts a stream into parts of `memory.partBytes`, the last of which may be shorter, or empty for an empty stream.
 *
 * The bytes are copied: neither the source's buffers nor what they are slices of stay alive.
 */
export async function* objectParts(
  chunks: AsyncIterable<Uint8Array>,
  memory: PartMemory,
): AsyncGenerator<FilledPart, void, void> {
  let number = 1
  let filling = PartBuffer.small(memory)
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      if (filling.isFull) {
        yield filling.part({ number, last: false })
        number += 1
        filling = PartBuffer.whole(memory)
      }
      taken += filling.append(chunk.subarray(taken))
    }
  }
  yield filling.part({ number, last: true })
}

/** The first one grows with what it holds, so that a short stream costs little memory. */
class PartBuffer {
  readonly #memory: PartMemory
  #buffer: Buffer
  #length = 0

  private constructor(memory: PartMemory, buffer: Buffer) {
    this.#memory = memory
    this.#buffer = buffer
  }

  static small(memory: PartMemory): PartBuffer {
    return new PartBuffer(memory, Buffer.allocUnsafeSlow(Math.min(FIRST_CAPACITY, memory.partBytes)))
  }

  static whole(memory: PartMemory): PartBuffer {
    return new PartBuffer(memory, memory.take())
  }

  get isFull(): boolean {
    return this.#length === this.#memory.partBytes
  }

  part({ number, last }: Pick<UploadPart, 'number' | 'last'>): FilledPart {
    const [memory, buffer] = [this.#memory, this.#buffer]
    const giveBack = () => {
      if (buffer.length === memory.partBytes) memory.giveBack(buffer)
    }
    return { number, last, bytes: buffer.subarray(0, this.#length), giveBack }
  }

  /** Takes as much as there is room for, and tells how much that was. */
  append(chunk: Uint8Array): number {
    const bytes = Math.min(chunk.length, this.#memory.partBytes - this.#length)
    if (this.#length + bytes > this.#buffer.length) this.#grow(this.#length + bytes)
    this.#buffer.set(chunk.subarray(0, bytes), this.#length)
    this.#length += bytes
    return bytes
  }

  #grow(needed: number): void {
    const capacity = Math.max(needed, this.#buffer.length * GROWTH)
    const isWhole = capacity * GROWTH > this.#memory.partBytes
    const grown = isWhole ? this.#memory.take() : Buffer.allocUnsafeSlow(capacity)
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}

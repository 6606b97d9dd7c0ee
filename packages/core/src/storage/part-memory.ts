/**
 * The memory that parts of streams are filled in, used again and again while streams are under way.
 *
 * It lies outside of V8's heap, which learns of it late: with fresh memory for each part, many times what is in use is held
 * until garbage is collected.
 */
export class PartMemory {
  readonly partBytes: number
  readonly #free: Buffer[] = []
  #streams = 0

  constructor(partBytes: number) {
    this.partBytes = partBytes
  }

  /** Bytes that wait to be used again. */
  get freeBytes(): number {
    return this.#free.length * this.partBytes
  }

  /** Memory for a whole part, not cleared. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.partBytes)
  }

  /** Takes back what nobody reads any more; keeps one part for each stream at most. */
  giveBack(part: Buffer): void {
    if (this.#free.length < this.#streams) this.#free.push(part)
  }

  streamBegins(): void {
    this.#streams++
  }

  streamEnds(): void {
    this.#streams--
    this.#free.length = Math.min(this.#free.length, this.#streams)
  }
}

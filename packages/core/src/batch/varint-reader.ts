/** Reads a byte range forward. Reading beyond its end throws what `damaged` makes of the reason. */
export class VarintReader {
  position: number
  end: number
  readonly bytes: Buffer
  readonly #damaged: (what: string) => Error

  constructor(bytes: Buffer, damaged: (what: string) => Error) {
    this.bytes = bytes
    this.position = 0
    this.end = bytes.length
    this.#damaged = damaged
  }

  damaged(what: string): Error {
    return this.#damaged(what)
  }

  /** A 32-bit integer. */
  readVarint(): number {
    const first = this.#byte()
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let zigzag = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.#byte()
      zigzag |= (byte & 0x7f) << shift
      if (byte < 0x80) return (zigzag >>> 1) ^ -(zigzag & 1)
    }
    throw this.#damaged('has a varint of more than 5 bytes')
  }

  /**
   * A 64-bit integer: a number where seven bytes hold it (as milliseconds, 8,900 years either way), a bigint otherwise,
   * so that reading millions of timestamps allocates nothing and still loses nothing.
   */
  readVarlong(): number | bigint {
    const start = this.position
    let zigzag = 0
    let scale = 1
    for (let read = 0; read < 7; read++) {
      const byte = this.#byte()
      zigzag += (byte & 0x7f) * scale
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
      scale *= 128
    }
    this.position = start
    return this.#readWideVarlong()
  }

  /** `length` bytes, as a slice. */
  readBytes(length: number): Buffer {
    const start = this.skip(length)
    return this.bytes.subarray(start, this.position)
  }

  /** Passes over `length` bytes; returns where they begin. */
  skip(length: number): number {
    const start = this.position
    if (length < 0 || length > this.end - start)
      throw this.#damaged(`states ${length} bytes where ${this.end - start} are left`)
    this.position = start + length
    return start
  }

  #readWideVarlong(): bigint {
    let zigzag = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      zigzag |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n))
    }
    throw this.#damaged('has a varint of more than 10 bytes')
  }

  #byte(): number {
    if (this.position >= this.end) throw this.#damaged('ends inside a number')
    return this.bytes[this.position++] ?? 0
  }
}

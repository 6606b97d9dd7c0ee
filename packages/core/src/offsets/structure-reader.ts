const MAX_VARINT_BYTES = 5

/** Reads fields of Kafka's message format one after another; `undefined` where the bytes do not hold the field. */
export class StructureReader {
  readonly #bytes: Buffer
  #position: number

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes
    this.#position = position
  }

  int32(): number | undefined {
    const start = this.#take(4)
    return start === undefined ? undefined : this.#bytes.readInt32BE(start)
  }

  int64(): bigint | undefined {
    const start = this.#take(8)
    return start === undefined ? undefined : this.#bytes.readBigInt64BE(start)
  }

  /** An int16 length, then UTF-8. */
  string(): string | undefined {
    const start = this.#take(2)
    return start === undefined ? undefined : this.#text(this.#bytes.readInt16BE(start))
  }

  /** An unsigned varint, one more than the length, then UTF-8 (KIP-482). */
  compactString(): string | undefined {
    const lengthPlusOne = this.#unsignedVarint()
    return lengthPlusOne === undefined ? undefined : this.#text(lengthPlusOne - 1)
  }

  #text(length: number): string | undefined {
    const start = this.#take(length)
    return start === undefined ? undefined : this.#bytes.toString('utf8', start, start + length)
  }

  #unsignedVarint(): number | undefined {
    let value = 0
    for (let shift = 0; shift < MAX_VARINT_BYTES; shift += 1) {
      const start = this.#take(1)
      if (start === undefined) return undefined
      const byte = this.#bytes.readUInt8(start)
      value += (byte & 0x7f) * 2 ** (7 * shift)
      if (byte < 0x80) return value
    }
    return undefined
  }

  /** Where the next bytes begin, having gone past them. */
  #take(length: number): number | undefined {
    const start = this.#position
    if (length < 0 || start + length > this.#bytes.length) return undefined
    this.#position = start + length
    return start
  }
}

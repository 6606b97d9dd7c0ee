/** The part of a request that is still being filled. */
const FIRST_CHUNK_BYTES = 512

/** Bytes from this length on are sent from where they lie instead of being copied. */
const BY_REFERENCE_BYTES = 4096

/**
 * Writes the primitive types of the Kafka protocol, big-endian.
 *
 * Large byte fields (record batches) are kept by reference, so that producing copies nothing: {@link chunks} gives the
 * parts in order.
 *
 * Source: "Protocol Primitive Types" of the Kafka protocol guide; compact types and tagged fields are KIP-482.
 */
export class ProtocolWriter {
  readonly #finished: Buffer[] = []
  #chunk = Buffer.allocUnsafe(FIRST_CHUNK_BYTES)
  #position = 0

  int8(value: number): this {
    this.#position = this.#room(1).writeInt8(value, this.#position)
    return this
  }

  int16(value: number): this {
    this.#position = this.#room(2).writeInt16BE(value, this.#position)
    return this
  }

  int32(value: number): this {
    this.#position = this.#room(4).writeInt32BE(value, this.#position)
    return this
  }

  int64(value: bigint): this {
    this.#position = this.#room(8).writeBigInt64BE(value, this.#position)
    return this
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  /** An unsigned variable-length integer of at most 32 bits, seven bits a byte, the lowest first. */
  unsignedVarint(value: number): this {
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.#byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    return this.#byte(rest)
  }

  string(value: string): this {
    return this.int16(Buffer.byteLength(value)).#text(value)
  }

  nullableString(value: string | null): this {
    return value === null ? this.int16(-1) : this.string(value)
  }

  compactString(value: string): this {
    return this.unsignedVarint(Buffer.byteLength(value) + 1).#text(value)
  }

  compactNullableString(value: string | null): this {
    return value === null ? this.unsignedVarint(0) : this.compactString(value)
  }

  /** Length-prefixed bytes, kept by reference where they are large. */
  bytes(value: Buffer): this {
    return this.int32(value.length).#raw(value)
  }

  /** A topic id, given as 32 hexadecimal digits. */
  uuid(value: string): this {
    return this.#raw(Buffer.from(value, 'hex'))
  }

  array<Item>(items: readonly Item[], write: (item: Item, writer: this) => void): this {
    this.int32(items.length)
    for (const item of items) write(item, this)
    return this
  }

  compactArray<Item>(items: readonly Item[], write: (item: Item, writer: this) => void): this {
    this.unsignedVarint(items.length + 1)
    for (const item of items) write(item, this)
    return this
  }

  /** The array that is `null`, which many requests understand as "all". */
  nullArray(): this {
    return this.int32(-1)
  }

  compactNullArray(): this {
    return this.unsignedVarint(0)
  }

  /** The end of a structure of a flexible version: no tagged fields. */
  noTags(): this {
    return this.#byte(0)
  }

  get byteLength(): number {
    return this.#finished.reduce((sum, chunk) => sum + chunk.length, this.#position)
  }

  /** What was written, in order, without joining it. */
  chunks(): readonly Buffer[] {
    return [...this.#finished, this.#chunk.subarray(0, this.#position)]
  }

  /** What was written, as one buffer. */
  toBuffer(): Buffer {
    return Buffer.concat(this.chunks())
  }

  #byte(value: number): this {
    this.#position = this.#room(1).writeUInt8(value, this.#position)
    return this
  }

  #text(value: string): this {
    const length = Buffer.byteLength(value)
    this.#room(length).write(value, this.#position)
    this.#position += length
    return this
  }

  #raw(value: Buffer): this {
    if (value.length < BY_REFERENCE_BYTES) {
      value.copy(this.#room(value.length), this.#position)
      this.#position += value.length
      return this
    }
    this.#finish()
    this.#finished.push(value)
    return this
  }

  /** The current chunk, with place for so many more bytes. */
  #room(length: number): Buffer {
    if (this.#position + length <= this.#chunk.length) return this.#chunk
    this.#finish()
    if (length > this.#chunk.length) this.#chunk = Buffer.allocUnsafe(Math.max(length, FIRST_CHUNK_BYTES))
    return this.#chunk
  }

  #finish(): void {
    if (this.#position > 0) this.#finished.push(this.#chunk.subarray(0, this.#position))
    this.#chunk = this.#chunk.subarray(this.#position)
    this.#position = 0
  }
}

import { KbackupError } from '@kbackup/core'

/**
 * Reads the primitive types of the Kafka protocol, big-endian; byte fields are slices of what is read.
 *
 * Every length is held against what is left before it is used.
 *
 * @throws KbackupError `KB_KAFKA_PROTOCOL` where the bytes end early or state a length that cannot be.
 */
export class ProtocolReader {
  readonly #buffer: Buffer
  #position = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get remaining(): number {
    return this.#buffer.length - this.#position
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1))
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4))
  }

  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8))
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#take(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed('a variable-length integer is longer than five bytes')
  }

  string(): string {
    return required(this.nullableString())
  }

  nullableString(): string | null {
    return this.#text(this.int16())
  }

  compactString(): string {
    return required(this.compactNullableString())
  }

  compactNullableString(): string | null {
    return this.#text(this.unsignedVarint() - 1)
  }

  /** A slice, or an empty buffer for `null`. */
  bytes(): Buffer {
    const length = this.int32()
    if (length < 0) return Buffer.alloc(0)
    const start = this.#take(length)
    return this.#buffer.subarray(start, start + length)
  }

  /** A topic id as 32 lower-case hexadecimal digits. */
  uuid(): string {
    const start = this.#take(16)
    return this.#buffer.toString('hex', start, start + 16)
  }

  /** The items of an array, none for `null`. */
  array<Item>(read: (reader: this) => Item): Item[] {
    return this.#items(this.int32(), read)
  }

  compactArray<Item>(read: (reader: this) => Item): Item[] {
    return this.#items(this.unsignedVarint() - 1, read)
  }

  /** Skips the tagged fields that end a structure of a flexible version. */
  skipTags(): this {
    const count = this.unsignedVarint()
    for (let index = 0; index < count; index++) {
      this.unsignedVarint()
      this.#take(this.unsignedVarint())
    }
    return this
  }

  #items<Item>(count: number, read: (reader: this) => Item): Item[] {
    // An item has at least one byte: a larger count is not believed, so that it allocates nothing.
    if (count > this.remaining) throw malformed(`an array states ${count} items in ${this.remaining} bytes`)
    const items: Item[] = []
    for (let index = 0; index < count; index++) items.push(read(this))
    return items
  }

  #text(length: number): string | null {
    if (length < 0) return null
    const start = this.#take(length)
    return this.#buffer.toString('utf8', start, start + length)
  }

  #take(length: number): number {
    const start = this.#position
    if (length > this.remaining) throw malformed(`${length} bytes were expected where ${this.remaining} are left`)
    this.#position = start + length
    return start
  }
}

function required(value: string | null): string {
  if (value === null) throw malformed('a string is null that may not be')
  return value
}

function malformed(what: string): KbackupError {
  return new KbackupError('KB_KAFKA_PROTOCOL', {
    message: `an answer of a broker cannot be read: ${what}`,
    hint: 'check that the address is a Kafka broker, and that nothing between alters the traffic',
  })
}

import { KbackupError } from '@kbackup/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolReader } from './protocol-reader.ts'
import { ProtocolWriter } from './protocol-writer.ts'

/** Each type with how it is written, read and made up. */
const TYPES = {
  int8: kind(
    fc.integer({ min: -0x80, max: 0x7f }),
    (w, v) => w.int8(v),
    (r) => r.int8(),
  ),
  int16: kind(
    fc.integer({ min: -0x8000, max: 0x7fff }),
    (w, v) => w.int16(v),
    (r) => r.int16(),
  ),
  int32: kind(
    fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
    (w, v) => w.int32(v),
    (r) => r.int32(),
  ),
  int64: kind(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    (w, v) => w.int64(v),
    (r) => r.int64(),
  ),
  boolean: kind(
    fc.boolean(),
    (w, v) => w.boolean(v),
    (r) => r.boolean(),
  ),
  unsignedVarint: kind(
    fc.integer({ min: 0, max: 0xffff_ffff }),
    (w, v) => w.unsignedVarint(v),
    (r) => r.unsignedVarint(),
  ),
  string: kind(
    fc.string({ unit: 'grapheme' }),
    (w, v) => w.string(v),
    (r) => r.string(),
  ),
  nullableString: kind(
    fc.option(fc.string()),
    (w, v) => w.nullableString(v),
    (r) => r.nullableString(),
  ),
  compactString: kind(
    fc.string({ unit: 'grapheme' }),
    (w, v) => w.compactString(v),
    (r) => r.compactString(),
  ),
  compactNullableString: kind(
    fc.option(fc.string()),
    (w, v) => w.compactNullableString(v),
    (r) => r.compactNullableString(),
  ),
  bytes: kind(
    fc.uint8Array({ maxLength: 10_000 }).map((bytes): Buffer => Buffer.from(bytes)),
    (w, v) => w.bytes(v),
    (r) => r.bytes(),
  ),
  uuid: kind(
    fc.stringMatching(/^[0-9a-f]{32}$/),
    (w, v) => w.uuid(v),
    (r) => r.uuid(),
  ),
  array: kind(
    fc.array(fc.integer({ min: -5, max: 5 })),
    (w, v) => w.array(v, (item) => w.int8(item)),
    (r) => r.array(() => r.int8()),
  ),
  compactArray: kind(
    fc.array(fc.string()),
    (w, v) => w.compactArray(v, (item) => w.compactString(item)),
    (r) => r.compactArray(() => r.compactString()),
  ),
}

interface Kind {
  readonly arbitrary: fc.Arbitrary<Written>
}

interface Written {
  readonly value: unknown
  write(writer: ProtocolWriter): void
  read(reader: ProtocolReader): unknown
}

function kind<Value>(
  values: fc.Arbitrary<Value>,
  write: (writer: ProtocolWriter, value: Value) => unknown,
  read: (reader: ProtocolReader) => Value,
): Kind {
  const arbitrary = values.map((value): Written => {
    return { value, write: (writer) => void write(writer, value), read }
  })
  return { arbitrary }
}

const anything = fc.array(fc.oneof(...Object.values(TYPES).map(({ arbitrary }) => arbitrary)))

describe('ProtocolWriter and ProtocolReader', () => {
  it('read what was written, of every type in any order', () => {
    fc.assert(
      fc.property(anything, (items) => {
        const writer = new ProtocolWriter()
        for (const item of items) item.write(writer)
        const written = writer.toBuffer()
        const reader = new ProtocolReader(written)
        for (const { value, read } of items) expect(read(reader)).toEqual(value)
        expect(reader.remaining).toBe(0)
        expect(writer.byteLength).toBe(written.length)
      }),
    )
  })

  it('keep large bytes where they lie, on both sides', () => {
    const large = Buffer.alloc(100_000, 7)
    const writer = new ProtocolWriter().int32(1).bytes(large).int32(2)
    expect(writer.chunks()).toContain(large)
    const written = writer.toBuffer()
    const reader = new ProtocolReader(written)
    reader.int32()
    expect(reader.bytes().buffer).toBe(written.buffer)
  })

  it('refuse bytes that end early, whatever is read', () => {
    fc.assert(
      fc.property(anything, fc.nat(), (items, cut) => {
        const writer = new ProtocolWriter()
        for (const item of items) item.write(writer)
        const written = writer.toBuffer()
        fc.pre(written.length > 0)
        const reader = new ProtocolReader(written.subarray(0, cut % written.length))
        const readAll = () => {
          for (const { read } of items) read(reader)
        }
        expect(readAll).toThrow(KbackupError)
      }),
    )
  })

  it('never throw anything but a typed error over random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), anything, (bytes, items) => {
        const reader = new ProtocolReader(Buffer.from(bytes))
        try {
          for (const { read } of items) read(reader)
          reader.skipTags()
        } catch (error) {
          expect(KbackupError.is(error, 'KB_KAFKA_PROTOCOL')).toBe(true)
        }
      }),
    )
  })

  it('write an unsigned varint as KIP-482 does', () => {
    const hex = (value: number) => new ProtocolWriter().unsignedVarint(value).toBuffer().toString('hex')
    expect([0, 1, 127, 128, 300, 0xffff_ffff].map(hex)).toEqual(['00', '01', '7f', '8001', 'ac02', 'ffffffff0f'])
  })

  it('skip tagged fields that are not known', () => {
    const reader = new ProtocolReader(Buffer.from('02' + '0003aabbcc' + '0501dd' + '2a', 'hex'))
    expect(reader.skipTags().int8()).toBe(42)
  })
})

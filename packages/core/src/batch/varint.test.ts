import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { varint } from './testing/log-batch.ts'
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts'
import { VarintReader } from './varint-reader.ts'

const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)))
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer().map(BigInt),
  fc.nat({ max: 63 }).chain((power) => fc.constantFrom(2n ** BigInt(power) - 1n, -(2n ** BigInt(power)))),
)

function reader(bytes: Buffer): VarintReader {
  return new VarintReader(bytes, (what) => new Error(what))
}

describe('32-bit varints', () => {
  it('are written as the definition says, in as many bytes as announced', () => {
    fc.assert(
      fc.property(int32, (value) => {
        const target = Buffer.alloc(8)
        const end = writeVarint(target, 1, value)
        expect(target.subarray(1, end)).toEqual(varint(BigInt(value)))
        expect(varintSize(value)).toBe(end - 1)
      }),
    )
  })

  it('are read back', () => {
    fc.assert(fc.property(int32, (value) => reader(varint(BigInt(value))).readVarint() === value))
  })

  it('of more than five bytes are damage', () => {
    expect(() => reader(Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x01])).readVarint()).toThrow('more than 5 bytes')
  })

  it('that are cut short are damage', () => {
    expect(() => reader(Buffer.from([0x80, 0x80])).readVarint()).toThrow('ends inside a number')
  })
})

describe('64-bit varints', () => {
  it('are written as the definition says, in as many bytes as announced', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const target = Buffer.alloc(12)
        const end = writeVarlong(target, 1, value)
        expect(target.subarray(1, end)).toEqual(varint(value))
        expect(varlongSize(value)).toBe(end - 1)
      }),
    )
  })

  it('are read back without loss', () => {
    fc.assert(fc.property(int64, (value) => BigInt(reader(varint(value)).readVarlong()) === value))
  })

  it('are plain numbers for the distance of any two timestamps of this millennium', () => {
    expect(reader(varint(10n ** 14n)).readVarlong()).toBe(1e14)
  })

  it('of more than ten bytes are damage', () => {
    expect(() => reader(Buffer.alloc(11, 0x80)).readVarlong()).toThrow('more than 10 bytes')
  })
})

describe('a reader', () => {
  it('does not read beyond its end, though the buffer goes on', () => {
    const bounded = reader(Buffer.from([1, 2, 3, 4]))
    bounded.end = 2
    expect(() => bounded.readBytes(3)).toThrow('states 3 bytes where 2 are left')
    expect(() => bounded.readBytes(-2)).toThrow('states -2 bytes')
  })
})

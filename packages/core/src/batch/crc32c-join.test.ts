import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinCrc32c } from './crc32c-join.ts'

function join(first: Uint8Array, second: Uint8Array): number {
  return joinCrc32c(crc32c(Buffer.from(first)), { crc32c: crc32c(Buffer.from(second)), length: second.length })
}

describe('joinCrc32c', () => {
  it('is the checksum of both parts together, whatever they are', () => {
    const part = fc.uint8Array({ maxLength: 3_000 })
    fc.assert(
      fc.property(part, part, (first, second) => {
        expect(join(first, second)).toBe(crc32c(Buffer.concat([first, second])))
      }),
    )
  })

  it.each([131_072, 1_048_576, 5_000_011])('takes a second part of %d bytes', (length) => {
    const first = Buffer.from('123456789')
    const second = Buffer.alloc(length, 'kafka')
    expect(join(first, second)).toBe(crc32c(Buffer.concat([first, second])))
  })
})

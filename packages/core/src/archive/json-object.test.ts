import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openJson, sealJson } from './json-object.ts'

describe('sealed JSON', () => {
  it('gives back what was sealed, with bigints as decimal strings', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1, noNullPrototype: true }), (value) => {
        expect(openJson(sealJson(value), 'k')).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    expect(openJson(sealJson({ offset: 2n ** 63n - 1n, at: -1n }), 'k')).toEqual({
      offset: '9223372036854775807',
      at: '-1',
    })
  })

  it('ends in the SHA-256 of what precedes it, as its last field, and a line feed', () => {
    // printf '{"a":1' | sha256sum
    const digest = '8b0f0d75aabe01bbfba9341752c2cf7626f154e676aa791427b31aebfabc2592'
    expect(sealJson({ a: 1 }).toString()).toBe(`{"a":1,"sha256":"${digest}"}\n`)
  })

  it('names the object when any byte is flipped, taken away or added', () => {
    const sealed = sealJson({ topic: 'orders', offsets: [1n, 2n] })
    for (let at = 0; at < sealed.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(sealed)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
        expect(() => openJson(flipped, 'commits/7.json')).toThrow(
          expect.objectContaining({ code: 'KB_ARCHIVE_DAMAGED' }),
        )
      }
      expect(() => openJson(sealed.subarray(0, at), 'k')).toThrow(/k is damaged/)
    }
    expect(() => openJson(Buffer.concat([sealed, Buffer.from(' ')]), 'k')).toThrow(/k is damaged/)
  })
})

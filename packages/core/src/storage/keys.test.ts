import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assertBlobKey, assertBlobPrefix, compareBlobKeys } from './keys.ts'

const ALPHABET = [...'ABCXYZabcxyz0189._=-~%+@,']
const segment = fc
  .array(fc.constantFrom(...ALPHABET), { minLength: 1, maxLength: 40 })
  .map((letters) => letters.join(''))
  .filter((text) => text !== '.' && text !== '..')
const key = fc.array(segment, { minLength: 1, maxLength: 8 }).map((segments) => segments.join('/'))

describe('keys', () => {
  it('are accepted when every segment is', () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(() => assertBlobKey(text)).not.toThrow()
      }),
    )
  })

  it('are refused with any character outside the alphabet, wherever it stands', () => {
    const stranger = fc
      .string({ minLength: 1, maxLength: 1, unit: 'binary' })
      .filter((letter) => !/^[\w.=\-~%+@,/]/.test(letter))
    fc.assert(
      fc.property(key, key, stranger, (left, right, letter) => {
        expect(() => assertBlobKey(left + letter + right)).toThrow(
          expect.objectContaining({ code: 'KB_BLOB_KEY_INVALID' }),
        )
      }),
    )
  })

  it('sort as strings the way their bytes sort', () => {
    fc.assert(
      fc.property(key, key, (left, right) => {
        expect(compareBlobKeys(left, right)).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)))
      }),
    )
  })

  it('are shown shortened in the error, so that a hostile name cannot flood a log', () => {
    expect(() => assertBlobKey(' '.repeat(100_000))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,300}$/) }),
    )
  })
})

describe('prefixes', () => {
  it('are accepted when they are the beginning of a key', () => {
    fc.assert(
      fc.property(key, fc.nat(), (text, cut) => {
        expect(() => assertBlobPrefix(text.slice(0, cut % (text.length + 1)))).not.toThrow()
      }),
    )
  })

  it.each(['..', '.', 'a/..', 'a/.', ''])('may end in %j, which begins a segment', (prefix) => {
    expect(() => assertBlobPrefix(prefix)).not.toThrow()
  })

  it.each(['../', './', '/', 'a//', 'a/../b', ' ', `${'a'.repeat(256)}`])(
    'are refused when no key begins with them: %j',
    (prefix) => {
      expect(() => assertBlobPrefix(prefix)).toThrow(expect.objectContaining({ code: 'KB_BLOB_KEY_INVALID' }))
    },
  )
})

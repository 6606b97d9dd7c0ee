import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ordinalOfSequence, SEQUENCE_MODULUS, sequenceOfOrdinal } from './restore-stream.ts'

test('a sequence number leads back to its ordinal from any known ordinal less than a quarter of the range away', () => {
  const ordinal = fc.integer({ min: 0, max: 5 * SEQUENCE_MODULUS })
  const distance = fc.integer({ min: -(SEQUENCE_MODULUS / 4), max: SEQUENCE_MODULUS / 4 })
  fc.assert(
    fc.property(ordinal, distance, (at, away) => {
      const near = Math.max(0, at + away)
      expect(ordinalOfSequence(sequenceOfOrdinal(at), near)).toBe(at)
    }),
  )
})

test('sequence numbers wrap to 0 after 2^31 - 1', () => {
  expect(sequenceOfOrdinal(SEQUENCE_MODULUS - 1)).toBe(2_147_483_647)
  expect(sequenceOfOrdinal(SEQUENCE_MODULUS)).toBe(0)
})

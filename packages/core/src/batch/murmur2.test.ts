import { expect, test } from 'vitest'
import { murmur2, murmur2Partition } from './murmur2.ts'

/** From the test of the Java client, `UtilsTest.testMurmur2`. */
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is what the Java client makes of it', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash)
})

test('a partition is never negative', () => {
  expect(murmur2Partition(Buffer.from('foobar'), 7)).toBe((-790332482 & 0x7fff_ffff) % 7)
})

import { spawnSync } from 'node:child_process'
import { decompress } from '@mongodb-js/zstd'
import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import { decompressFrame } from 'lz4-napi'
import { describe, expect, it } from 'vitest'
import { contentOfStoredZstdFrame, storeInLz4Frame, storeInZstdFrame } from './stored-frame.ts'

const KIB = 1024
const LENGTHS = [0, 1, 128 * KIB - 1, 128 * KIB, 128 * KIB + 1, 1024 * KIB, 4096 * KIB + 1, 9_000_001]

function content(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 2_654_435_761) >>> 24))
}

describe('frames that hold bytes as they are', () => {
  it.each(LENGTHS)(
    'a Zstandard frame of %d bytes is read by the library, by the command and by ourselves',
    async (length) => {
      const bytes = content(length)
      const { bytes: frame } = storeInZstdFrame(bytes)
      expect(contentOfStoredZstdFrame(frame)?.equals(bytes)).toBe(true)
      expect((await decompress(frame)).equals(bytes)).toBe(true)
      const { stdout, error } = spawnSync('zstd', ['-d', '-c'], { input: frame, maxBuffer: 1 << 26 })
      if (error === undefined) expect(stdout.equals(bytes)).toBe(true)
    },
  )

  it.each(LENGTHS)('an LZ4 frame of %d bytes is read by the library and by the command', async (length) => {
    const bytes = content(length)
    const { bytes: frame } = storeInLz4Frame(bytes)
    expect((await decompressFrame(frame)).equals(bytes)).toBe(true)
    const { stdout, error } = spawnSync('lz4', ['-d', '-c'], { input: frame, maxBuffer: 1 << 26 })
    if (error === undefined) expect(stdout.equals(bytes)).toBe(true)
  })

  it('states a window and no single segment, which some readers refuse for large frames', () => {
    const { bytes: frame } = storeInZstdFrame(content(10))
    const descriptor = frame[4] ?? 0
    expect(descriptor & 0x20).toBe(0)
    const windowBytes = 2 ** (10 + ((frame[5] ?? 0) >> 3))
    expect(windowBytes).toBeGreaterThanOrEqual(128 * KIB)
    expect(windowBytes).toBeLessThanOrEqual(8192 * KIB)
  })

  it('gives the checksum of the frame, read from the frame or made of those of its parts', () => {
    const partLengths = fc.array(fc.oneof(fc.nat(2_000), fc.integer({ min: 128 * KIB - 2, max: 300 * KIB })), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(partLengths, (lengths) => {
        const bytes = content(lengths.reduce((sum, length) => sum + length, 0))
        const parts = lengths.map((length, index) => {
          const start = lengths.slice(0, index).reduce((sum, before) => sum + before, 0)
          return { length, crc32c: crc32c(bytes.subarray(start, start + length)) }
        })
        const joined = storeInZstdFrame(bytes, { parts: parts.length === 0 ? undefined : parts })
        expect(joined.crc32c).toBe(crc32c(joined.bytes))
        expect(contentOfStoredZstdFrame(joined.bytes)?.equals(bytes)).toBe(true)
      }),
      { numRuns: 40 },
    )
    expect(storeInLz4Frame(content(10)).crc32c).toBe(crc32c(storeInLz4Frame(content(10)).bytes))
  })

  it('takes no other frame for one of its own', () => {
    const { bytes: frame } = storeInZstdFrame(content(300_000))
    for (const cut of [0, 5, 11, frame.length - 1])
      expect(contentOfStoredZstdFrame(frame.subarray(0, cut))).toBeUndefined()
    const compressed = Buffer.from(frame)
    compressed[10] = (compressed[10] ?? 0) | 0x04
    expect(contentOfStoredZstdFrame(compressed)).toBeUndefined()
  })
})

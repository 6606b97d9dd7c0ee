import fc from 'fast-check'
import { compressFrameSync } from 'lz4-napi'
import { describe, expect, it } from 'vitest'
import { lz4BlockContentBytes, lz4FrameExtent } from './lz4-frame.ts'

describe('lz4FrameExtent', () => {
  it('finds the end of a frame and bounds what is in it, and the blocks give the exact size', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 500 }),
        fc.boolean(),
        (unit, times, checksums) => {
          const payload = Buffer.concat(Array.from({ length: times }, () => Buffer.from(unit)))
          const frame = compressFrameSync(payload, { contentChecksum: checksums, blockChecksums: checksums })
          const { end, maxContentBytes, compressedBlocks } = lz4FrameExtent(Buffer.concat([frame, frame]), 0)
          expect(end).toBe(frame.length)
          expect(maxContentBytes).toBeGreaterThanOrEqual(payload.length)
          const slack = compressedBlocks.reduce(
            (sum, block) => sum + block.maxContentBytes - lz4BlockContentBytes(frame, block),
            0,
          )
          expect(maxContentBytes - slack).toBe(payload.length)
        },
      ),
    )
  })
})

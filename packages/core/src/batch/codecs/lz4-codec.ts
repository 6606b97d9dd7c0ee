import * as lz4 from 'lz4-napi'
import type { CompressionCodec } from '../compression-codec.ts'
import { unhonouredLevel } from './codec-level.ts'
import { type Lz4FrameExtent, lz4BlockContentBytes, lz4FrameExtent } from './lz4-frame.ts'

/** Below this a hop to another thread costs more than the work. */
const SYNC_BYTES = 8 * 1024

export const lz4Codec: CompressionCodec = {
  decompress(stored, maxBytes) {
    const frames = boundedFrames(stored, maxBytes)
    const [only] = frames
    if (frames.length === 1 && only !== undefined) return decompressFrame(only)
    // The library reads one frame and is silent about what follows it.
    return Promise.all(frames.map(decompressFrame)).then((parts) => Buffer.concat(parts))
  },
  compress(payload, level) {
    if (level !== undefined) throw unhonouredLevel('lz4', level, 'it has no levels')
    return payload.length <= SYNC_BYTES ? lz4.compressFrameSync(payload) : lz4.compressFrame(payload)
  },
}

function boundedFrames(stored: Buffer, maxBytes: number): readonly Buffer[] {
  const extents: Lz4FrameExtent[] = []
  const frames: Buffer[] = []
  for (let at = 0; at < stored.length; ) {
    const extent = lz4FrameExtent(stored, at)
    extents.push(extent)
    if (!extent.skippable) frames.push(stored.subarray(at, extent.end))
    at = extent.end
  }
  assertBounded(stored, extents, maxBytes)
  return frames
}

/** Block headers bound most batches well enough; where they do not, the exact size takes a walk through the blocks. */
function assertBounded(stored: Buffer, extents: readonly Lz4FrameExtent[], maxBytes: number): void {
  let total = extents.reduce((sum, { maxContentBytes }) => sum + maxContentBytes, 0)
  if (total <= maxBytes) return
  for (const block of extents.flatMap(({ compressedBlocks }) => compressedBlocks)) {
    total -= block.maxContentBytes - lz4BlockContentBytes(stored, block)
  }
  if (total > maxBytes) throw new RangeError(`it holds ${total} bytes, more than the ${maxBytes} allowed`)
}

function decompressFrame(frame: Buffer): Buffer | Promise<Buffer> {
  return frame.length <= SYNC_BYTES ? lz4.decompressFrameSync(frame) : lz4.decompressFrame(frame)
}

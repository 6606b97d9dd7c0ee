import * as lz4 from 'lz4-napi'
import type { CompressionCodec } from '../compression-codec.ts'
import { unhonouredLevel } from './codec-level.ts'
import { lz4FrameExtent } from './lz4-frame.ts'

/** Below this a hop to another thread costs more than the work. */
const SYNC_BYTES = 64 * 1024

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
  const frames: Buffer[] = []
  let total = 0
  for (let at = 0; at < stored.length; ) {
    const { end, maxContentBytes, skippable } = lz4FrameExtent(stored, at)
    total += maxContentBytes
    if (!skippable) frames.push(stored.subarray(at, end))
    at = end
  }
  if (total > maxBytes) throw new RangeError(`it may hold ${total} bytes, more than the ${maxBytes} allowed`)
  return frames
}

function decompressFrame(frame: Buffer): Buffer | Promise<Buffer> {
  return frame.length <= SYNC_BYTES ? lz4.decompressFrameSync(frame) : lz4.decompressFrame(frame)
}

import { frameHead, SKIPPABLE_FRAME_MAGIC } from './section-layout.ts'

/** A frame that readers of Zstandard and of LZ4 pass over. */
export function writeSkippableFrame(payload: Buffer): Buffer {
  const head = frameHead.write({ frameMagic: SKIPPABLE_FRAME_MAGIC, payloadLength: payload.length })
  return Buffer.concat([head, payload])
}

/** The payload of the skippable frame that the bytes are, wholly; `RangeError` where they are none. */
export function readSkippableFrame(bytes: Buffer): Buffer {
  const { frameMagic, payloadLength } = frameHead.read(bytes, 0)
  if (frameMagic !== SKIPPABLE_FRAME_MAGIC) throw new RangeError('it does not begin as a skippable frame')
  if (payloadLength !== bytes.length - frameHead.length) throw new RangeError('it is not as long as its frame says')
  return bytes.subarray(frameHead.length)
}

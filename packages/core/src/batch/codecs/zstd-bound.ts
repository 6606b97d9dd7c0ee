import { zstdFrameExtent } from './zstd-frame.ts'

/** Throws before anything is decompressed if more than `maxBytes` might come out. */
export function assertZstdBounded(stored: Buffer, maxBytes: number): void {
  let total = 0
  for (let at = 0; at < stored.length; ) {
    const { end, maxContentBytes } = zstdFrameExtent(stored, at)
    total += maxContentBytes
    at = end
  }
  if (total > maxBytes) throw new RangeError(`it may hold ${total} bytes, more than the ${maxBytes} allowed`)
}

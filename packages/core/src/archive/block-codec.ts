import { loadCodec } from '../batch/compression-codec.ts'
import type { SectionCodec } from './commit.ts'
import {
  type CheckedFrame,
  checkedFrame,
  contentOfStoredZstdFrame,
  storeInLz4Frame,
  storeInZstdFrame,
  type ZstdFrameOptions,
} from './stored-frame.ts'

/** How a block becomes a frame. */
export interface BlockCompression {
  readonly codec: SectionCodec
  readonly level: number | undefined
}

/** What a codec may announce beyond a block's length before anything comes out: the bounds are those of whole frames. */
const BOUND_FACTOR = 16
const BOUND_SLACK = 4 * 1024 * 1024

/** The frame of a block, compressed; where there is no codec, stored. */
export async function compressBlock(log: Buffer, { codec, level }: BlockCompression): Promise<CheckedFrame> {
  if (codec === 'none') return storeInZstdFrame(log)
  return checkedFrame(await (await loadCodec(codec)).compress(log, level))
}

/** The frame of a block that is stored as it is. */
export function storeBlock(log: Buffer, codec: SectionCodec, options: ZstdFrameOptions): CheckedFrame {
  return codec === 'lz4' ? storeInLz4Frame(log) : storeInZstdFrame(log, options)
}

/** The log bytes of a block's frame, which must be of exactly this length; throws where they are not. */
export async function decompressBlock(
  stored: Buffer,
  { codec, length }: { readonly codec: SectionCodec; readonly length: number },
): Promise<Buffer> {
  const log =
    (codec === 'lz4' ? undefined : contentOfStoredZstdFrame(stored)) ?? (await decompress(stored, { codec, length }))
  if (log.length !== length) throw new RangeError(`it decompresses to ${log.length} bytes, not to ${length}`)
  return log
}

async function decompress(stored: Buffer, { codec, length }: { codec: SectionCodec; length: number }): Promise<Buffer> {
  const loaded = await loadCodec(codec === 'lz4' ? 'lz4' : 'zstd')
  return loaded.decompress(stored, length * BOUND_FACTOR + BOUND_SLACK)
}

/** Throws `KB_CODEC_LEVEL` unless sections can be compressed at this level here. */
export async function assertSectionLevel({ codec, level }: BlockCompression): Promise<void> {
  await (await loadCodec(codec)).compress(Buffer.alloc(1), level)
}

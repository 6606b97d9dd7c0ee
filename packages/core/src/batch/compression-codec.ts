import type { BatchCodec } from './batch-codec.ts'

/** One way of compressing the records of a batch, in the framing that Kafka's brokers and clients use. */
export interface CompressionCodec {
  /** Throws, or rejects, for bytes that are damaged, and before more than `maxBytes` come out. */
  decompress(stored: Buffer, maxBytes: number): Buffer | Promise<Buffer>
  /** Throws `KB_CODEC_LEVEL` for a level that cannot be honoured; `undefined` is the codec's own default. */
  compress(payload: Buffer, level: number | undefined): Buffer | Promise<Buffer>
}

/** Loaded when they are first needed: an application that never meets a codec never loads its native code. */
const LOADERS: Record<BatchCodec, () => Promise<CompressionCodec>> = {
  none: async () => (await import('./codecs/none-codec.ts')).noneCodec,
  gzip: async () => (await import('./codecs/gzip-codec.ts')).gzipCodec,
  snappy: async () => (await import('./codecs/snappy-codec.ts')).snappyCodec,
  lz4: async () => (await import('./codecs/lz4-codec.ts')).lz4Codec,
  zstd: async () => (await import('./codecs/zstd-codec.ts')).zstdCodec,
}

const loaded = new Map<BatchCodec, CompressionCodec>()

/** The codec, if something has loaded it before. */
export function codecIfLoaded(name: BatchCodec): CompressionCodec | undefined {
  return loaded.get(name)
}

/** The codec, loaded if need be. */
export async function loadCodec(name: BatchCodec): Promise<CompressionCodec> {
  const codec = loaded.get(name) ?? (await LOADERS[name]())
  loaded.set(name, codec)
  return codec
}

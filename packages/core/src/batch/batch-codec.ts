/** How the records of a batch are compressed. */
export type BatchCodec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** In the order of their numbers in a batch's attributes. */
export const BATCH_CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const satisfies readonly BatchCodec[]

/** How to compress: a level that the codec at hand cannot honour is refused with `KB_CODEC_LEVEL`. */
export interface BatchCompression {
  readonly codec: BatchCodec
  /** `undefined` takes the codec's default. */
  readonly level?: number | undefined
}

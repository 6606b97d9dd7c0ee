import { compress, decompress } from '@mongodb-js/zstd'
import type { CompressionCodec } from '../compression-codec.ts'
import { unhonouredLevel } from './codec-level.ts'
import { assertZstdBounded } from './zstd-bound.ts'

/** The package compresses at this level whatever its level argument says. */
const ONLY_LEVEL = 3

export const bundledZstd: CompressionCodec = {
  decompress(stored, maxBytes) {
    assertZstdBounded(stored, maxBytes)
    return decompress(stored)
  },
  compress(payload, level) {
    if (level !== undefined && level !== ONLY_LEVEL) {
      throw unhonouredLevel('zstd', level, `only level ${ONLY_LEVEL} is honoured before Node 22.15`)
    }
    return compress(payload)
  },
}

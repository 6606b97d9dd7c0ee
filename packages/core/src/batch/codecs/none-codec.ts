import type { CompressionCodec } from '../compression-codec.ts'
import { unhonouredLevel } from './codec-level.ts'

export const noneCodec: CompressionCodec = {
  decompress: (stored) => stored,
  compress(payload, level) {
    if (level !== undefined) throw unhonouredLevel('none', level, 'it has no levels')
    return payload
  },
}

import { promisify } from 'node:util'
import { gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib'
import type { CompressionCodec } from '../compression-codec.ts'
import { unhonouredLevel } from './codec-level.ts'

const gunzipAsync = promisify(gunzip)
const gzipAsync = promisify(gzip)

/** Below this a hop to another thread costs more than the work. */
const SYNC_BYTES = 8 * 1024

export const gzipCodec: CompressionCodec = {
  decompress(stored, maxBytes) {
    const options = { maxOutputLength: maxBytes }
    return stored.length <= SYNC_BYTES ? gunzipSync(stored, options) : gunzipAsync(stored, options)
  },
  compress(payload, level) {
    if (level !== undefined && !(Number.isInteger(level) && level >= 1 && level <= 9)) {
      throw unhonouredLevel('gzip', level, 'its levels are 1 to 9')
    }
    const options = level === undefined ? {} : { level }
    return payload.length <= SYNC_BYTES ? gzipSync(payload, options) : gzipAsync(payload, options)
  },
}

import * as zlib from 'node:zlib'
import type { CompressionCodec } from '../compression-codec.ts'
import { unhonouredLevel } from './codec-level.ts'

/** The part of node:zlib that is new in Node 22.15, in the shape used here. */
interface NodeZstd {
  readonly zstdCompress: (input: Buffer, options: object, done: Done) => void
  readonly zstdCompressSync: (input: Buffer, options: object) => Buffer
  readonly zstdDecompress: (input: Buffer, options: object, done: Done) => void
  readonly zstdDecompressSync: (input: Buffer, options: object) => Buffer
}

type Done = (error: Error | null, result: Buffer) => void

/** `ZSTD_c_compressionLevel` of zstd.h, which node:zlib exposes as a constant under another name. */
const COMPRESSION_LEVEL_PARAMETER = 100
/** Below this a hop to another thread costs more than the work. */
const SYNC_BYTES = 16 * 1024

/** The codec over node:zlib, `undefined` where this Node has no Zstandard. */
export function nodeZstd(module: object = zlib): CompressionCodec | undefined {
  return hasZstd(module) ? codecOver(module) : undefined
}

function hasZstd(module: object): module is NodeZstd {
  return 'zstdCompress' in module && 'zstdDecompressSync' in module
}

function codecOver(node: NodeZstd): CompressionCodec {
  return {
    decompress(stored, maxBytes) {
      const options = { maxOutputLength: maxBytes }
      if (stored.length <= SYNC_BYTES) return node.zstdDecompressSync(stored, options)
      return promised((done) => node.zstdDecompress(stored, options, done))
    },
    compress(payload, level) {
      const options = levelOptions(level)
      if (payload.length <= SYNC_BYTES) return node.zstdCompressSync(payload, options)
      return promised((done) => node.zstdCompress(payload, options, done))
    },
  }
}

function levelOptions(level: number | undefined): object {
  if (level === undefined) return {}
  if (!Number.isInteger(level) || level < 1 || level > 22)
    throw unhonouredLevel('zstd', level, 'its levels are 1 to 22')
  return { params: { [COMPRESSION_LEVEL_PARAMETER]: level } }
}

function promised(start: (done: Done) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result) : reject(error)))
  })
}

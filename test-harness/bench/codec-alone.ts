import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { kafka } from '@kbackup/kafka-io'
import { compress as bundledCompress } from '@mongodb-js/zstd'
import type { CodecJob } from './worker-job.ts'

const BLOCK_BYTES = 1024 * 1024
/** Enough that a cache of the processor does not hold them. */
const MAX_BLOCKS = 64

/** Blocks of the topic's log, as a backup fills them. */
export async function loadBlocks({ servers, topic, bytes }: CodecJob): Promise<readonly Buffer[]> {
  await using cluster = kafka({ brokers: [...servers] })
  const wanted = Math.max(1, Math.min(MAX_BLOCKS, Math.floor(bytes / BLOCK_BYTES / 4)))
  const maxBytes = wanted * BLOCK_BYTES
  const partition = { topic, partition: 0, offset: 0n, maxBytes }
  const request = { partitions: [partition], maxBytes, minBytes: 1, maxWaitMs: 0, isolation: 'read_committed' } as const
  const { partitions } = await cluster.fetch(request)
  const log = partitions[0]?.records ?? Buffer.alloc(0)
  const count = Math.max(1, Math.floor(log.length / BLOCK_BYTES))
  return Array.from({ length: count }, (_, index) => log.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES))
}

/**
 * Compresses the blocks over and over, several at a time, until as many bytes went in as the job says; gives how many
 * came out.
 */
export async function compressAlone(
  blocks: readonly Buffer[],
  { bytes: total, concurrency }: CodecJob,
): Promise<number> {
  let bytes = 0
  let storedBytes = 0
  let next = 0
  const compressor = async () => {
    while (bytes < total) {
      const block = blocks[next++ % blocks.length] ?? Buffer.alloc(0)
      bytes += block.length
      storedBytes += (await compress(block)).length
    }
  }
  await Promise.all(Array.from({ length: concurrency }, compressor))
  return storedBytes
}

/** Level 3, as a backup does it: with Node's own Zstandard where it has one. */
const compress: (block: Buffer) => Promise<Buffer> = nodeZstd(zlib) ?? bundledCompress

function nodeZstd(module: object): ((block: Buffer) => Promise<Buffer>) | undefined {
  if (!('zstdCompress' in module) || typeof module.zstdCompress !== 'function') return undefined
  return promisify(module.zstdCompress as (block: Buffer, done: (error: Error | null, frame: Buffer) => void) => void)
}

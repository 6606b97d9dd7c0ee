import { spawnSync } from 'node:child_process'
import { decompress as bundledDecompress } from '@mongodb-js/zstd'
import { describe, expect, it } from 'vitest'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import type { SectionCodec } from './commit.ts'
import { batchOf, storeSection } from './testing/section-fixture.ts'

/** A section of several blocks, compressed and stored, one of which is longer than a window. */
async function segment(codec: SectionCodec): Promise<{ object: Buffer; log: Buffer }> {
  const store = new MemoryBlobStore()
  const batches = [
    await batchOf(0n, { records: 2_000, valueBytes: 400 }),
    await batchOf(2_000n, { records: 500, valueBytes: 400, codec: 'lz4' }),
    await batchOf(2_500n, { records: 3, codec: 'gzip' }),
    await batchOf(2_503n, { records: 1 }),
  ]
  const key = 'payments/segment'
  await storeSection(store, { batches, startOffset: 0n, nextOffset: 2_504n, codec, key, blockBytes: 100_000 })
  return { object: await store.get(key), log: Buffer.concat(batches.map(({ bytes }) => bytes)) }
}

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0

describe('a segment is a standard file whose content is a Kafka log segment', () => {
  // The harness holds the same against kafka.tools.DumpLogSegments; where a tool is missing, the title says so.
  for (const codec of ['zstd', 'none'] as const) {
    it.skipIf(!has('zstd'))(`zstd -d reads codec ${codec} (needs the zstd command)`, async () => {
      const { object, log } = await segment(codec)
      const { status, stdout } = spawnSync('zstd', ['-d', '-c'], { input: object, maxBuffer: 1 << 26 })
      expect(status).toBe(0)
      expect(stdout.equals(log)).toBe(true)
    })

    it(`the bundled library reads codec ${codec} in one shot`, async () => {
      const { object, log } = await segment(codec)
      expect((await bundledDecompress(object)).equals(log)).toBe(true)
    })
  }

  it.skipIf(!has('lz4'))('lz4 -d reads codec lz4 (needs the lz4 command)', async () => {
    const { object, log } = await segment('lz4')
    const { status, stdout } = spawnSync('lz4', ['-d', '-c'], { input: object, maxBuffer: 1 << 26 })
    expect(status).toBe(0)
    expect(stdout.equals(log)).toBe(true)
  })
})

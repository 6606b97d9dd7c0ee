import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import { describe, expect, it } from 'vitest'
import { BATCH_CODECS, type BatchCodec } from './batch-codec.ts'
import { batchPayload } from './batch-payload.ts'
import { nodeZstd } from './codecs/zstd-node.ts'
import { loadCodec } from './compression-codec.ts'
import { arbitraryCodec } from './testing/arbitrary-batches.ts'
import { logBatch, WHERE } from './testing/log-batch.ts'

const LIMIT = 1024 * 1024
const COMPRESSING = BATCH_CODECS.filter((codec) => codec !== 'none')

async function compress(codec: BatchCodec, payload: Buffer, level?: number): Promise<Buffer> {
  return (await loadCodec(codec)).compress(payload, level)
}

async function decompress(codec: BatchCodec, stored: Buffer, maxBytes = LIMIT): Promise<Buffer> {
  return (await loadCodec(codec)).decompress(stored, maxBytes)
}

describe('every codec', () => {
  it('gives back what went in', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryCodec,
        fc.uint8Array({ maxLength: 500 }),
        fc.nat({ max: 900 }),
        async (codec, unit, times) => {
          const payload = Buffer.concat(Array.from({ length: times }, () => Buffer.from(unit)))
          expect((await decompress(codec, await compress(codec, payload))).equals(payload)).toBe(true)
        },
      ),
    )
  })

  it.each(COMPRESSING)('%s refuses a bomb before it has grown', async (codec) => {
    const bomb = await compress(codec, Buffer.alloc(2 * LIMIT))
    await expect(decompress(codec, bomb)).rejects.toThrow()
    await expect(decompress(codec, bomb, 4 * LIMIT)).resolves.toHaveLength(2 * LIMIT)
  })

  it.each(COMPRESSING)('%s refuses bytes that are cut short', async (codec) => {
    const stored = await compress(codec, Buffer.from('a record, and another record, and another record'.repeat(50)))
    for (const kept of [1, 5, 12, stored.length >> 1, stored.length - 1]) {
      await expect(decompress(codec, stored.subarray(0, kept))).rejects.toThrow()
    }
  })

  it.each(COMPRESSING)('%s works on large payloads too, where another thread does it', async (codec) => {
    const payload = Buffer.from(Array.from({ length: 600_000 }, (_, index) => Math.imul(index, 2_654_435_761) >>> 27))
    expect((await decompress(codec, await compress(codec, payload))).equals(payload)).toBe(true)
  })
})

describe('snappy', () => {
  it('reads the raw block of librdkafka', async () => {
    const payload = Buffer.from('value'.repeat(100))
    expect(await decompress('snappy', compressSync(payload))).toEqual(payload)
  })

  it("reads Java's streams one behind the other", async () => {
    const [one, two] = [Buffer.from('first'), Buffer.from('second')]
    const stored = Buffer.concat([await compress('snappy', one), await compress('snappy', two)])
    expect(await decompress('snappy', stored)).toEqual(Buffer.from('firstsecond'))
  })

  it('refuses a block that states a length no buffer can have', async () => {
    await expect(decompress('snappy', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]))).rejects.toThrow('more than')
    await expect(decompress('snappy', Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]))).rejects.toThrow('no length')
  })
})

describe('lz4', () => {
  it('reads all of several frames', async () => {
    const stored = Buffer.concat([compressFrameSync(Buffer.from('first')), compressFrameSync(Buffer.from('second'))])
    expect(await decompress('lz4', stored)).toEqual(Buffer.from('firstsecond'))
  })

  it('reads frames with checksums', async () => {
    const payload = Buffer.from('value'.repeat(40_000))
    const stored = compressFrameSync(payload, { contentChecksum: true, blockChecksums: true })
    expect((await decompress('lz4', stored)).equals(payload)).toBe(true)
  })

  it('writes frames of independent blocks, the only ones that Java reads', async () => {
    const stored = await compress('lz4', Buffer.alloc(300_000, 'value'))
    expect((stored[4] ?? 0) & 0x20).toBe(0x20)
  })
})

describe('zstd', () => {
  it('reads several frames, with skippable ones among them', async () => {
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const frames = [
      await compress('zstd', Buffer.from('first')),
      skippable,
      await compress('zstd', Buffer.from('second')),
    ]
    expect(await decompress('zstd', Buffer.concat(frames))).toEqual(Buffer.from('firstsecond'))
  })

  it('refuses a run-length bomb by its block headers', async () => {
    const frameHeader = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50])
    const runLength = (last: number) => Buffer.from([0x02 | last, 0x00, 0x10, 0x00])
    const bomb = Buffer.concat([frameHeader, ...Array.from({ length: 100 }, () => runLength(0)), runLength(1)])
    await expect(decompress('zstd', bomb)).rejects.toThrow(/more than|larger than/)
  })
})

describe('compression levels', () => {
  it('of gzip are honoured', async () => {
    const payload = Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * index) % 253))
    expect(await compress('gzip', payload, 9)).toEqual(gzipSync(payload, { level: 9 }))
  })

  it.each([
    ['gzip', 0],
    ['gzip', 10],
    ['gzip', 1.5],
    ['snappy', 1],
    ['lz4', 9],
    ['zstd', 23],
    ['none', 1],
  ] as const)('of %s refuse %d', async (codec, level) => {
    await expect(compress(codec, Buffer.from('x'), level)).rejects.toMatchObject({
      code: 'KB_CODEC_LEVEL',
      details: { codec, level },
    })
  })

  it('of zstd are refused where they have no effect', async () => {
    const refused = nodeZstd() === undefined
    const outcome = await compress('zstd', Buffer.from('x'), 19).catch((error: unknown) => error)
    expect(Buffer.isBuffer(outcome)).toBe(!refused)
    if (refused) expect(outcome).toMatchObject({ code: 'KB_CODEC_LEVEL' })
  })
})

describe("Node's own zstd", () => {
  it('is not used where Node has none', () => {
    expect(nodeZstd({})).toBeUndefined()
  })

  it('is given the level and the bound', async () => {
    const calls: object[] = []
    const sync = (input: Buffer, options: object) => {
      calls.push(options)
      return input
    }
    const later = (input: Buffer, options: object, done: (error: Error | null, result: Buffer) => void) =>
      done(null, sync(input, options))
    const codec = nodeZstd({
      zstdCompress: later,
      zstdCompressSync: sync,
      zstdDecompress: later,
      zstdDecompressSync: sync,
    })
    for (const payload of [Buffer.alloc(10), Buffer.alloc(100_000)]) {
      expect(await codec?.compress(payload, 7)).toBe(payload)
      expect(await codec?.decompress(payload, 200)).toBe(payload)
    }
    expect(calls).toEqual([1, 2].flatMap(() => [{ params: { 100: 7 } }, { maxOutputLength: 200 }]))
    expect(() => codec?.compress(Buffer.alloc(1), 0)).toThrow(expect.objectContaining({ code: 'KB_CODEC_LEVEL' }))
  })
})

describe('batchPayload', () => {
  const record = { offsetDelta: 0, timestamp: 0n, key: null, value: Buffer.alloc(100_000), headers: [] }

  it('copies nothing of an uncompressed batch', async () => {
    const batch = await logBatch({ records: [record] })
    const payload = batchPayload(batch, WHERE)
    expect(Buffer.isBuffer(payload) && payload.buffer === batch.bytes.buffer).toBe(true)
  })

  it('says which batch holds too much', async () => {
    const batch = await logBatch({ baseOffset: 7n, records: [record], codec: 'lz4' })
    expect(() => batchPayload(batch, WHERE, { maxPayloadBytes: 1_000 })).toThrow(
      expect.objectContaining({ code: 'KB_BATCH_CORRUPT', details: { ...WHERE, offset: 7n } }),
    )
  })

  it('ends with the reason of an aborted signal', async () => {
    const batch = await logBatch({ records: [record], codec: 'zstd' })
    const reason = new Error('enough')
    expect(() => batchPayload(batch, WHERE, { signal: AbortSignal.abort(reason) })).toThrow(reason)
    const stop = new AbortController()
    const running = batchPayload(batch, WHERE, { signal: stop.signal })
    stop.abort(reason)
    if (!Buffer.isBuffer(running)) await expect(running).rejects.toBe(reason)
  })
})

import { devNull } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type BlobStore, KbackupError } from '@kbackup/core'
import { blobStoreContract, seededRandom } from '@kbackup/core/testing'
import { type GcsOptions, gcs } from '@kbackup/storage-gcs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { OwnedProcess, scaled, startGcs, type TestGcs } from '../src/index.ts'
import type { EndlessUpload } from '../src/storage/upload-without-end.ts'

const MIB = 1024 * 1024
const PART = 5 * MIB
const LONG_ROUNDS = process.env.KBACKUP_TEST_SCALE === 'full' ? 50 : 5
const UPLOADER = fileURLToPath(new URL('../src/storage/upload-without-end.ts', import.meta.url))

let service: TestGcs
let bucket: string
beforeAll(async () => {
  service = await startGcs()
  bucket = await service.createBucket()
})
afterAll(() => service?.stop())
afterEach(() => expect(service.unfinishedUploads()).toEqual([]))

function storeOf(options: Partial<GcsOptions> = {}): BlobStore {
  return gcs({ bucket, endpoint: service.endpoint, partBytes: PART, ...options })
}

describe('the Google Cloud store keeps the contract:', () => {
  for (const { name, run } of blobStoreContract(() => storeOf({ partBytes: undefined }))) it(name, run)
})

describe('the Google Cloud store, below a prefix and with the sessions of the emulator, keeps the contract:', () => {
  const makeStore = () => storeOf({ endpoint: service.bareEndpoint, prefix: 'prod/kafka' })
  for (const { name, run } of blobStoreContract(makeStore, { longListing: 20 })) it(name, run)
})

describe('of 16 writers that create one object at once', () => {
  it.each(['bytes', 'parts'])('exactly one wins, with %s, in every round', async (kind) => {
    const stores = Array.from({ length: 16 }, () => storeOf())
    const rounds = kind === 'bytes' ? scaled(200) : 2
    for (let round = 0; round < rounds; round += 1) {
      const key = `race/${kind}/${round}`
      const bodies = stores.map((_, writer) => Buffer.alloc(kind === 'bytes' ? 100 : PART + 1, `${writer},`))
      const outcomes = await Promise.allSettled(
        stores.map((store, writer) => store.put(key, bodyOf(kind, bodies[writer]), { ifAbsent: true })),
      )
      const winners = outcomes.flatMap(({ status }, writer) => (status === 'fulfilled' ? [writer] : []))
      const losses = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(losses.filter((reason) => !KbackupError.is(reason, 'KB_BLOB_EXISTS'))).toEqual([])
      expect(winners).toHaveLength(1)
      expect((await storeOf().get(key)).equals(bodies[winners[0] ?? -1] ?? Buffer.alloc(0))).toBe(true)
      await storeOf().delete(key)
    }
  })
})

function bodyOf(kind: string, bytes: Buffer = Buffer.alloc(0)): Uint8Array | AsyncIterable<Uint8Array> {
  return kind === 'bytes' ? bytes : inPieces(bytes)
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array, void, void> {
  for (let start = 0; start < bytes.length; start += MIB) yield bytes.subarray(start, start + MIB)
}

describe('an upload in parts', () => {
  it('gives back what went up, whole and by ranges', async () => {
    const bytes = Buffer.alloc(3 * PART + 77, 'not of one length with the parts')
    const store = storeOf()
    await store.put('parts/whole', inPieces(bytes), { ifAbsent: true })
    expect((await store.get('parts/whole')).equals(bytes)).toBe(true)
    const range = { start: PART - 5, end: 2 * PART + 5 }
    expect((await store.get('parts/whole', { range })).equals(bytes.subarray(range.start, range.end))).toBe(true)
  })

  it('whose source breaks, or that is aborted, leaves no session behind', async () => {
    const store = storeOf()
    let begun = 0
    async function* breaking(then: () => void) {
      for (let index = 0; index < 12; index += 1) yield Buffer.alloc(MIB, index)
      begun = Math.max(begun, service.unfinishedUploads().length)
      then()
      yield Buffer.alloc(1)
    }
    const broken = breaking(() => {
      throw new Error('the source broke')
    })
    await expect(store.put('left/broken', broken)).rejects.toThrow('the source broke')
    const aborter = new AbortController()
    const { signal } = aborter
    const aborted = breaking(() => aborter.abort('enough'))
    await expect(store.put('left/aborted', aborted, { signal, ifAbsent: true })).rejects.toBe('enough')
    expect(begun).toBe(1)
    expect(service.unfinishedUploads()).toEqual([])
    expect(await store.head('left/broken')).toBeUndefined()
    expect(await store.head('left/aborted')).toBeUndefined()
  })
})

describe('an upload in parts whose answers are lost', () => {
  afterEach(() => service.loseAnswers(() => false))

  it('goes on where its session is, and makes the object once, of the right bytes', async () => {
    const random = seededRandom(7)
    const store = storeOf({ retry: { maxAttempts: 20, baseDelayMs: 1 } })
    const bytes = Buffer.alloc(3 * PART + 4321)
    let lost = 0
    for (let round = 0; round < LONG_ROUNDS; round += 1) {
      bytes.fill(`round ${round}, `)
      service.loseAnswers(() => {
        const loses = random() < 0.4
        if (loses) lost += 1
        return loses
      })
      const key = `lost/${round}`
      await store.put(key, inPieces(bytes), { ifAbsent: true })
      service.loseAnswers(() => false)
      expect((await store.get(key)).equals(bytes)).toBe(true)
      await expect(store.put(key, inPieces(bytes), { ifAbsent: true })).rejects.toMatchObject({
        code: 'KB_BLOB_EXISTS',
      })
      await store.delete(key)
    }
    expect(lost).toBeGreaterThan(0)
  })
})

describe('an upload in parts whose process was killed', () => {
  it('shows nothing, and stands in the way of nobody', async () => {
    const store = storeOf()
    const bytes = Buffer.alloc(2 * PART + 1, 'again')
    for (let kill = 0; kill < LONG_ROUNDS; kill += 1) {
      const key = `killed/${kill}`
      await killWhileUploading(key, (kill % 3) * PART)
      expect(await store.head(key)).toBeUndefined()
      await store.put(key, inPieces(bytes), { ifAbsent: true })
      expect((await store.get(key)).equals(bytes)).toBe(true)
      await store.delete(key)
    }
    service.discardUnfinished()
  })
})

/** Kills a process that uploads, once its session holds so many bytes. */
async function killWhileUploading(key: string, bytes: number): Promise<void> {
  const upload: EndlessUpload = { key, gcs: { bucket, endpoint: service.endpoint, partBytes: PART } }
  const uploader = await OwnedProcess.start({
    command: process.execPath,
    args: ['--conditions=@kbackup/source', '--import', 'tsx', UPLOADER, JSON.stringify(upload)],
    logFile: devNull,
  })
  const hasCome = () => service.unfinishedUploads().some((found) => found.key === key && found.bytes >= bytes)
  try {
    while (!hasCome()) {
      if (!uploader.running) throw new Error('the uploader has ended')
      await sleep(10)
    }
  } finally {
    await uploader.kill('SIGKILL')
  }
}

describe('a refusal', () => {
  it('of a bucket that does not exist is not taken for a missing object', async () => {
    const elsewhere = storeOf({ bucket: 'no-such-bucket-here' })
    const refused = { code: 'KB_STORE_FAILED', message: expect.stringContaining('the bucket does not exist') }
    await expect(elsewhere.get('a')).rejects.toMatchObject(refused)
    await expect(elsewhere.head('a')).rejects.toMatchObject(refused)
    await expect(elsewhere.put('a', Buffer.from('x'))).rejects.toMatchObject(refused)
    await expect(elsewhere.put('a', inPieces(Buffer.alloc(PART + 1)))).rejects.toMatchObject(refused)
    await expect(elsewhere.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused)
  })
})

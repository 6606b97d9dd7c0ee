import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import { type BlobStore, KbackupError } from '@kbackup/core'
import { blobStoreContract, checkStorage } from '@kbackup/core/testing'
import { type S3Options, s3 } from '@kbackup/storage-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scaled, startS3, type TestS3 } from '../src/index.ts'

const MIB = 1024 * 1024

let service: TestS3
let bucket: string
beforeAll(async () => {
  service = await startS3()
  bucket = await service.createBucket()
})
afterAll(() => service?.stop())

function credentials() {
  const { accessKeyId, secretAccessKey } = service
  return { accessKeyId, secretAccessKey }
}

function storeOf(options: Partial<S3Options> = {}): BlobStore {
  const { endpoint, region } = service
  return s3({ bucket, endpoint, region, credentials: credentials(), ...options })
}

describe('the S3 store keeps the contract:', () => {
  for (const { name, run } of blobStoreContract(() => storeOf())) it(name, run)
})

describe('the S3 store below a prefix, with checksums, keeps the contract:', () => {
  const makeStore = () => storeOf({ prefix: 'prod/kafka', checksum: 'CRC32' })
  for (const { name, run } of blobStoreContract(makeStore, { longListing: 20 })) it(name, run)
})

describe('of 16 writers that create one object at once', () => {
  it.each(['bytes', 'parts'])('exactly one wins, with %s, in every round', async (kind) => {
    const stores = Array.from({ length: 16 }, () => storeOf({ partBytes: 5 * MIB }))
    const rounds = kind === 'bytes' ? scaled(200) : 3
    for (let round = 0; round < rounds; round += 1) {
      const key = `race/${kind}/${round}`
      const bodies = stores.map((_, writer) => Buffer.alloc(kind === 'bytes' ? 100 : 5 * MIB + 1, `${writer},`))
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
    expect(await unfinishedUploads()).toEqual([])
  })
})

function bodyOf(kind: string, bytes: Buffer = Buffer.alloc(0)): Uint8Array | AsyncIterable<Uint8Array> {
  return kind === 'bytes' ? bytes : inPieces(bytes)
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array, void, void> {
  for (let start = 0; start < bytes.length; start += MIB) yield bytes.subarray(start, start + MIB)
}

describe('an upload in parts', () => {
  it('whose source breaks, or that is aborted, leaves no parts behind', async () => {
    const store = storeOf({ partBytes: 5 * MIB })
    async function* breaking(then: () => void) {
      for (let index = 0; index < 30; index += 1) yield Buffer.alloc(MIB, index)
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
    expect(await unfinishedUploads()).toEqual([])
    expect(await store.head('left/broken')).toBeUndefined()
    expect(await store.head('left/aborted')).toBeUndefined()
  })
})

async function unfinishedUploads(): Promise<readonly unknown[]> {
  const { endpoint, region } = service
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: credentials() })
  try {
    return (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []
  } finally {
    client.destroy()
  }
}

describe('a refusal', () => {
  it('of wrong credentials says so', async () => {
    const { accessKeyId } = service
    const wrongSecret = storeOf({ credentials: { accessKeyId, secretAccessKey: 'wrong' } })
    await expect(wrongSecret.get('a')).rejects.toMatchObject({ code: 'KB_STORE_AUTHENTICATION', retryable: false })
    const unknownKey = storeOf({ credentials: { accessKeyId: 'nobody', secretAccessKey: 'wrong' } })
    await expect(unknownKey.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'KB_STORE_AUTHENTICATION' })
  })

  it('of a bucket that does not exist is not taken for a missing object', async () => {
    const elsewhere = storeOf({ bucket: 'no-such-bucket-here' })
    const refused = { code: 'KB_STORE_FAILED', details: { serviceCode: 'NoSuchBucket', status: 404 } }
    await expect(elsewhere.get('a')).rejects.toMatchObject(refused)
    await expect(elsewhere.put('a', Buffer.from('x'))).rejects.toMatchObject(refused)
  })

  it('of a key that lies below an object says that the name is not allowed', async () => {
    const store = storeOf()
    await store.put('name/taken', Buffer.from('x'))
    await expect(store.put('name/taken/below', Buffer.from('x'))).rejects.toMatchObject({ code: 'KB_BLOB_KEY_INVALID' })
  })
})

describe('a check of a bucket', () => {
  it('finds it fit, tells its settings and the clock, and leaves nothing behind', async () => {
    const store = storeOf({ prefix: 'checked' })
    const report = await checkStorage(store, { rounds: scaled(200) })
    expect(report.promises.filter(({ failure }) => failure !== null)).toEqual([])
    expect(report.rights.every(({ outcome }) => outcome === 'allowed')).toBe(true)
    expect(report).toMatchObject({ fit: true, notLookedAt: null, leftKeys: [] })
    expect(report.facts?.map(({ name, value }) => [name, value])).toEqual([
      ['versioning', 'off'],
      ['object lock', 'off'],
      ['lifecycle rules', expect.any(String)],
    ])
    expect(Math.abs(report.clockSkewMs ?? Number.NaN)).toBeLessThan(60_000)
    for await (const { key } of store.list('')) expect(key).toBe('')
    expect(await unfinishedUploads()).toEqual([])
  })
})

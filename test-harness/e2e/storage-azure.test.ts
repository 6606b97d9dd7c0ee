import { devNull } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BlobServiceClient, type ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { type BlobStore, KbackupError } from '@kbackup/core'
import { blobStoreContract } from '@kbackup/core/testing'
import { type AzureOptions, azure } from '@kbackup/storage-azure'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OwnedProcess, scaled, startAzure, type TestAzure } from '../src/index.ts'

const MIB = 1024 * 1024
const UPLOADER = fileURLToPath(new URL('../src/storage/upload-without-end.ts', import.meta.url))

let service: TestAzure
let container: string
beforeAll(async () => {
  service = await startAzure()
  container = await service.createContainer()
})
afterAll(() => service?.stop())

function storeOf(options: Partial<AzureOptions> = {}): BlobStore {
  const { endpoint, account, accountKey } = service
  return azure({ account, container, endpoint, credentials: { accountKey }, ...options })
}

function bareClient(): ContainerClient {
  const { endpoint, account, accountKey } = service
  const key = new StorageSharedKeyCredential(account, accountKey)
  return new BlobServiceClient(`${endpoint}/${account}`, key).getContainerClient(container)
}

describe('the Azure store keeps the contract:', () => {
  for (const { name, run } of blobStoreContract(() => storeOf())) it(name, run)
})

describe('the Azure store of a ready client, below a prefix, keeps the contract:', () => {
  const makeStore = () => azure({ client: bareClient(), prefix: 'prod/kafka', accessTier: 'Cool' })
  for (const { name, run } of blobStoreContract(makeStore, { longListing: 20 })) it(name, run)
})

describe('the Azure store of a shared access signature keeps the contract:', () => {
  const makeStore = () => storeOf({ credentials: { sasToken: service.signatureFor(container, 'rwdl') } })
  for (const { name, run } of blobStoreContract(makeStore, { longListing: 20 })) it(name, run)
})

describe('of 16 writers that create one blob at once', () => {
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
  })
})

function bodyOf(kind: string, bytes: Buffer = Buffer.alloc(0)): Uint8Array | AsyncIterable<Uint8Array> {
  return kind === 'bytes' ? bytes : inPieces(bytes)
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array, void, void> {
  for (let start = 0; start < bytes.length; start += MIB) yield bytes.subarray(start, start + MIB)
}

describe('an upload in parts', () => {
  async function* breaking(then: () => void | Promise<void>) {
    for (let index = 0; index < 11; index += 1) yield Buffer.alloc(MIB, index)
    await then()
    yield Buffer.alloc(1)
  }

  it('whose source breaks, or that is aborted, leaves nothing that can be seen, and does not stand in the way', async () => {
    const store = storeOf({ partBytes: 5 * MIB })
    const broken = breaking(() => {
      throw new Error('the source broke')
    })
    await expect(store.put('left/broken', broken)).rejects.toThrow('the source broke')
    const aborter = new AbortController()
    const { signal } = aborter
    const aborted = breaking(() => aborter.abort('enough'))
    await expect(store.put('left/aborted', aborted, { signal, ifAbsent: true })).rejects.toBe('enough')
    for (const key of ['left/broken', 'left/aborted']) {
      expect(await store.head(key)).toBeUndefined()
      await store.put(key, inPieces(Buffer.alloc(6 * MIB, 7)), { ifAbsent: true })
      expect((await store.get(key)).equals(Buffer.alloc(6 * MIB, 7))).toBe(true)
    }
  })

  it('loses to a whole write of another writer, whose blob stays as it is', async () => {
    const mine = storeOf({ partBytes: 5 * MIB })
    const theirs = Buffer.from('theirs')
    const stream = breaking(() => storeOf().put('overtaken', theirs, { ifAbsent: true }))
    await expect(mine.put('overtaken', stream, { ifAbsent: true })).rejects.toMatchObject({ code: 'KB_BLOB_EXISTS' })
    expect((await storeOf().get('overtaken')).equals(theirs)).toBe(true)
  })

  it('whose process was killed shows nothing, and stands in the way of nobody', async () => {
    const kills = process.env.KBACKUP_TEST_SCALE === 'full' ? 50 : 5
    const store = storeOf({ partBytes: 5 * MIB })
    const bytes = Buffer.alloc(11 * MIB, 'again')
    for (let kill = 0; kill < kills; kill += 1) {
      const key = `killed/${kill}`
      await killWhileUploading(key, 1 + (kill % 3))
      expect(await store.head(key)).toBeUndefined()
      expect(await keysOf(store, key)).toEqual([])
      await store.put(key, inPieces(bytes), { ifAbsent: true })
      expect((await store.get(key)).equals(bytes)).toBe(true)
    }
  })

  it('whose bytes are changed on their way is not taken', async () => {
    const blob = bareClient().getBlockBlobClient('changed')
    const transactionalContentMD5 = Buffer.alloc(16)
    await expect(blob.stageBlock('AAAA', 'x', 1, { transactionalContentMD5 })).rejects.toMatchObject({
      statusCode: 400,
    })
  })
})

/** Kills a process that uploads, once so many of its blocks have come. */
async function killWhileUploading(key: string, blocks: number): Promise<void> {
  const { endpoint, account, accountKey } = service
  const options: AzureOptions = { account, container, endpoint, credentials: { accountKey }, partBytes: 5 * MIB }
  const uploader = await OwnedProcess.start({
    command: process.execPath,
    args: ['--conditions=@kbackup/source', '--import', 'tsx', UPLOADER, JSON.stringify({ azure: options, key })],
    logFile: devNull,
  })
  try {
    while ((await uncommittedBlocks(key)) < blocks) {
      if (!uploader.running) throw new Error('the uploader has ended')
      await sleep(10)
    }
  } finally {
    await uploader.kill('SIGKILL')
  }
}

async function uncommittedBlocks(key: string): Promise<number> {
  const blob = bareClient().getBlockBlobClient(key)
  const { uncommittedBlocks = [] } = await blob.getBlockList('uncommitted').catch(() => ({ uncommittedBlocks: [] }))
  return uncommittedBlocks.length
}

async function keysOf(store: BlobStore, prefix: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

describe('a refusal', () => {
  it('of wrong credentials says so', async () => {
    const wrongKey = storeOf({ credentials: { accountKey: Buffer.from('wrong').toString('base64') } })
    // Azure itself says AuthenticationFailed here.
    await expect(wrongKey.get('a')).rejects.toMatchObject({ code: 'KB_STORE_FORBIDDEN', retryable: false })
    const nobody = storeOf({ account: 'nobody' })
    await expect(nobody.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'KB_STORE_FAILED' })
  })

  it('of a container that does not exist is not taken for a missing blob', async () => {
    const elsewhere = storeOf({ container: 'no-such-container' })
    const refused = { code: 'KB_STORE_FAILED', details: { serviceCode: 'ContainerNotFound', status: 404 } }
    await expect(elsewhere.get('a')).rejects.toMatchObject(refused)
    await expect(elsewhere.head('a')).rejects.toMatchObject(refused)
    await expect(elsewhere.delete('a')).rejects.toMatchObject(refused)
    await expect(elsewhere.put('a', Buffer.from('x'))).rejects.toMatchObject(refused)
  })
})

describe('a shared access signature with the rights of the README', () => {
  const signed = (permissions: string) =>
    storeOf({ partBytes: 5 * MIB, credentials: { sasToken: service.signatureFor(container, permissions) } })
  const stream = () => inPieces(Buffer.alloc(6 * MIB, 1))
  const forbidden = { code: 'KB_STORE_FORBIDDEN', retryable: false }

  it('lets a writer create, read and list, and not delete', async () => {
    const writer = signed('rlw')
    await writer.put('roles/a', Buffer.from('x'), { ifAbsent: true })
    await writer.put('roles/b', stream(), { ifAbsent: true })
    await expect(writer.put('roles/a', Buffer.from('y'), { ifAbsent: true })).rejects.toMatchObject({
      code: 'KB_BLOB_EXISTS',
    })
    expect((await writer.get('roles/a')).toString()).toBe('x')
    expect(await keysOf(writer, 'roles/')).toEqual(['roles/a', 'roles/b'])
    await expect(writer.delete('roles/a')).rejects.toMatchObject(forbidden)
  })

  it('lets a reader read and list only', async () => {
    const reader = signed('rl')
    await storeOf().put('read/a', Buffer.from('x'))
    expect((await reader.get('read/a')).toString()).toBe('x')
    expect(await reader.head('read/none')).toBeUndefined()
    expect(await keysOf(reader, 'read/')).toEqual(['read/a'])
    await expect(reader.put('read/b', Buffer.from('x'))).rejects.toMatchObject(forbidden)
    await expect(reader.put('read/b', stream())).rejects.toMatchObject(forbidden)
    await expect(reader.delete('read/a')).rejects.toMatchObject(forbidden)
  })

  it('lets a cleaner delete as well', async () => {
    const cleaner = signed('rlwd')
    await cleaner.put('clean/a', Buffer.from('x'), { ifAbsent: true })
    await cleaner.delete('clean/a')
    expect(await cleaner.head('clean/a')).toBeUndefined()
  })

  it('is not enough for a writer with the right to create alone, by which blocks cannot be staged', async () => {
    const creator = signed('rlc')
    await creator.put('create/a', Buffer.from('x'), { ifAbsent: true })
    await expect(creator.put('create/b', stream(), { ifAbsent: true })).rejects.toMatchObject(forbidden)
  })

  it('is not enough without the right to list', async () => {
    await expect(keysOf(signed('rw'), '')).rejects.toMatchObject(forbidden)
  })
})

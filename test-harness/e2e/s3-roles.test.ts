import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { type BlobStore, createBackup, createRestore, openArchive } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { s3 } from '@kbackup/storage-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTopic,
  plaintextClient,
  readAllRecords,
  repositoryDirectory,
  type S3UserKeys,
  startKafka,
  startS3WithUsers,
  type TestKafka,
  type TestS3WithUsers,
} from '../src/index.ts'
import { ConditionalWrites } from '../src/storage/conditional-writes.ts'
import { bareS3Client } from '../src/storage/versitygw.ts'
import { CliProcess } from './cli/cli-process.ts'

const MIB = 1024 * 1024
/** As the policies of the README name them. */
const BUCKET = 'kafka-backups'
const PREFIX = 'prod'
const BACKUP_ID = 'payments'
const TOPIC = 'orders'
const RECORDS = 12
const FORBIDDEN = { code: 'KB_STORE_FORBIDDEN', retryable: false, hint: expect.stringContaining('README') }

type Role = 'writer' | 'reader' | 'cleaner'

let cluster: TestKafka
let service: TestS3WithUsers
let gate: ConditionalWrites
let keysOf: Readonly<Record<Role, S3UserKeys>>

beforeAll(async () => {
  service = await startS3WithUsers()
  gate = await new ConditionalWrites(service.endpoint).listen()
  await service.createNamedBucket(BUCKET)
  keysOf = { writer: await userOf('writer'), reader: await userOf('reader'), cleaner: await userOf('cleaner') }
  cluster = await startKafka({ config: { 'message.max.bytes': String(2 * MIB) } })
  await createTopic(cluster, { topic: TOPIC, partitions: 1 })
  await produce(RECORDS)
  await backUp(storeOf('writer'), BACKUP_ID)
})

afterAll(async () => {
  await Promise.all([cluster?.stop(), gate?.close()])
  await service?.stop()
})

/** A policy as it stands in the README. */
async function documentedPolicy(name: Role): Promise<string> {
  const readme = await readFile(join(repositoryDirectory, 'packages', 'storage-s3', 'README.md'), 'utf8')
  const [, policy] = new RegExp(`^\`\`\`json ${name}\\.json\\n([\\s\\S]*?)^\`\`\``, 'm').exec(readme) ?? []
  if (policy === undefined) throw new Error(`the README has no policy ${name}.json`)
  return policy
}

async function userOf(role: Role): Promise<S3UserKeys> {
  return service.createUser(role, await documentedPolicy(role))
}

/** Records that do not compress, in all more than a part of an upload. */
async function produce(count: number): Promise<void> {
  const producer = plaintextClient(cluster.plaintextServers).producer()
  await producer.connect()
  try {
    for (let sent = 0; sent < count; sent++) {
      await producer.send({ topic: TOPIC, messages: [{ value: randomBytes(900_000) }] })
    }
  } finally {
    await producer.disconnect()
  }
}

function storeWith(credentials: S3UserKeys, endpoint = service.endpoint): BlobStore {
  return s3({ bucket: BUCKET, prefix: PREFIX, endpoint, region: service.region, credentials, partBytes: 5 * MIB })
}

function storeOf(role: Role, endpoint?: string): BlobStore {
  return storeWith(keysOf[role], endpoint)
}

function rootStore(): BlobStore {
  const { accessKeyId, secretAccessKey } = service
  return storeWith({ accessKeyId, secretAccessKey })
}

async function backUp(storage: BlobStore, backupId: string) {
  await using source = kafka({ brokers: [...cluster.plaintextServers] })
  return await createBackup({ source, storage, backupId, topics: [TOPIC] }).run()
}

async function restore(storage: BlobStore, target: string) {
  await using targetCluster = kafka({ brokers: [...cluster.plaintextServers] })
  const options = { topics: [TOPIC], rename: { [TOPIC]: target } }
  return await createRestore({ target: targetCluster, storage, backupId: BACKUP_ID, ...options }).run()
}

async function keysBelow(prefix: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of rootStore().list(prefix)) keys.push(key)
  return keys
}

/** Asked of the service itself, not of the store that is tested. */
async function unfinishedUploads(): Promise<number> {
  const client = bareS3Client(service)
  try {
    return (await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads?.length ?? 0
  } finally {
    client.destroy()
  }
}

/** What a writer leaves that is killed in the middle of an upload, and before a commit. */
async function leaveUnfinished(): Promise<void> {
  const client = bareS3Client(service)
  const target = { Bucket: BUCKET, Key: `${PREFIX}/${segmentKey()}` }
  try {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target))
    await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: Buffer.alloc(5 * MIB) }))
  } finally {
    client.destroy()
  }
  await storeOf('writer').put(segmentKey(), Buffer.from('x'), { ifAbsent: true })
  await storeOf('writer').put(`${BACKUP_ID}/bundles/${randomBytes(16).toString('hex')}.zst`, Buffer.from('x'))
}

function segmentKey(): string {
  const nonce = randomBytes(8).toString('hex')
  return `${BACKUP_ID}/topics/${TOPIC}/partition=0/segment-${'9'.padStart(20, '0')}-${nonce}.zst`
}

async function clean(role: Role, endpoint = service.endpoint, ...flags: readonly string[]) {
  const { accessKeyId, secretAccessKey } = keysOf[role]
  const place = `s3://${BUCKET}/${PREFIX}?endpoint=${endpoint}&region=${service.region}&path_style=true`
  const what = ['--backup-id', BACKUP_ID, '--older-than', '0', '--execute', '--format', 'json', ...flags]
  const process = new CliProcess(['storage', 'clean', place, ...what], {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  })
  const status = await process.ended()
  return { status, stdout: process.stdout, stderr: process.stderr }
}

/** Tells when so much has been taken of it that parts have been sent. */
async function* endless(signal: AbortSignal, onPartsSent: () => void): AsyncGenerator<Uint8Array> {
  for (let mebibytes = 0; !signal.aborted; mebibytes += 1) {
    if (mebibytes === 128) onPartsSent()
    yield Buffer.alloc(MIB, 1)
  }
}

describe('a writer with the rights of the README', () => {
  it('backs up in parts, and goes on from there, without a warning', async () => {
    const [segment] = await keysBelow(`${BACKUP_ID}/topics/`)
    expect((await rootStore().head(segment ?? ''))?.size).toBeGreaterThan(5 * MIB)
    await produce(1)
    const { records, warnings } = await backUp(storeOf('writer'), BACKUP_ID)
    expect({ records, warnings }).toEqual({ records: 1, warnings: [] })
  })

  it('leaves no parts of an upload that fails', async () => {
    const abort = new AbortController()
    const body = endless(abort.signal, () => abort.abort(new Error('enough')))
    const put = storeOf('writer').put(segmentKey(), body, { signal: abort.signal })
    await expect(put).rejects.toThrow('enough')
    expect(await unfinishedUploads()).toBe(0)
  })

  it('can delete nothing, and write nowhere else', async () => {
    const writer = storeOf('writer')
    for (const key of await keysBelow(`${BACKUP_ID}/`))
      await expect(writer.delete(key)).rejects.toMatchObject(FORBIDDEN)
    await expect(writer.put('other/archive.json', Buffer.from('x'))).rejects.toMatchObject(FORBIDDEN)
    await expect(writer.get('other/archive.json')).rejects.toMatchObject(FORBIDDEN)
  })

  it('cannot clean, is told where the rights stand, and has deleted nothing', async () => {
    await leaveUnfinished()
    const before = await keysBelow(`${BACKUP_ID}/topics/`)
    const { status, stdout, stderr } = await clean('writer')
    expect(status).toBe(1)
    expect(stdout + stderr).toContain('KB_STORE_FORBIDDEN')
    expect(stdout + stderr).toContain('README of @kbackup/storage-s3')
    expect(await keysBelow(`${BACKUP_ID}/topics/`)).toEqual(before)
    expect(await unfinishedUploads()).toBe(1)
  })
})

describe('a reader with the rights of the README', () => {
  it('validates every record and removes its pin', async () => {
    const archive = await openArchive(storeOf('reader'), BACKUP_ID)
    const { ok, warnings } = await archive.verify({ depth: 'records' })
    expect({ ok, warnings }).toEqual({ ok: true, warnings: [] })
    expect(await keysBelow(`${BACKUP_ID}/pins/`)).toEqual([])
  })

  it('restores, keeps its journal in the archive, and removes its pin', async () => {
    const { restoreId } = await restore(storeOf('reader'), 'orders-again')
    expect(await readAllRecords(cluster, { topics: ['orders-again'] })).toHaveLength(RECORDS + 1)
    expect(await keysBelow(`${BACKUP_ID}/restores/${restoreId}/`)).not.toEqual([])
    expect(await keysBelow(`${BACKUP_ID}/pins/`)).toEqual([])
  })

  it('can write nothing that is part of the archive, and delete nothing but pins', async () => {
    const reader = storeOf('reader')
    const before = await keysBelow('')
    for (const key of before) {
      await expect(reader.delete(key)).rejects.toMatchObject(FORBIDDEN)
      if (!key.includes('/restores/')) await expect(reader.put(key, Buffer.from('x'))).rejects.toMatchObject(FORBIDDEN)
    }
    await expect(backUp(reader, BACKUP_ID)).rejects.toMatchObject(FORBIDDEN)
    await expect(backUp(reader, 'new')).rejects.toMatchObject(FORBIDDEN)
    expect((await clean('reader')).status).toBe(1)
    expect(await keysBelow('')).toEqual(before)
  })

  it('that may not delete pins validates and restores all the same, and leaves them', async () => {
    const policy = JSON.parse(await documentedPolicy('reader'))
    const kept = policy.Statement.filter(({ Action }: { Action: unknown }) => Action !== 's3:DeleteObject')
    expect(kept).toHaveLength(policy.Statement.length - 1)
    const keys = await service.createUser('reader-without-delete', JSON.stringify({ ...policy, Statement: kept }))
    const { ok, warnings } = await (await openArchive(storeWith(keys), BACKUP_ID)).verify({ depth: 'records' })
    expect(ok).toBe(true)
    expect(warnings).toMatchObject([
      { code: 'KB_WARNING_PIN', message: expect.stringContaining('could not be removed') },
    ])
    await restore(storeWith(keys), 'orders-once-more')
    expect(await keysBelow(`${BACKUP_ID}/pins/`)).toHaveLength(2)
  })
})

describe('a cleaner with the rights of the README', () => {
  it('removes what killed writers left, and pins that are named', async () => {
    const pins = (await keysBelow(`${BACKUP_ID}/pins/`)).map((key) => key.replace(/^.*\/|\.json$/g, ''))
    const flags = pins.flatMap((pin) => ['--remove-pin', pin])
    const { status, stdout, stderr } = await clean('cleaner', service.endpoint, ...flags)
    expect(status, stderr).toBe(0)
    const [{ objects, uploads }] = JSON.parse(stdout).archives
    // The segment and the bundle of a killed writer, and the object that told the time of the store.
    expect(objects.length).toBeGreaterThanOrEqual(2)
    expect(uploads).toHaveLength(1)
    expect(await unfinishedUploads()).toBe(0)
    expect(await keysBelow(`${BACKUP_ID}/bundles/`)).toEqual([])
    expect(await keysBelow(`${BACKUP_ID}/pins/`)).toEqual([])
    expect((await (await openArchive(rootStore(), BACKUP_ID)).verify({ depth: 'records' })).ok).toBe(true)
  })

  it('can delete no commit, nothing of a restore, and nothing elsewhere', async () => {
    const cleaner = storeOf('cleaner')
    for (const part of ['archive.json', 'manifest.json', 'commits/', 'restores/']) {
      const keys = await keysBelow(`${BACKUP_ID}/${part}`)
      expect(keys).not.toEqual([])
      for (const key of keys) await expect(cleaner.delete(key)).rejects.toMatchObject(FORBIDDEN)
    }
    await rootStore().put('other/topics/orders', Buffer.from('x'))
    await expect(cleaner.delete('other/topics/orders')).rejects.toMatchObject(FORBIDDEN)
    await expect(cleaner.put(segmentKey(), Buffer.from('x'))).rejects.toMatchObject(FORBIDDEN)
  })
})

describe('a bucket that demands conditional writes', () => {
  it('lets nobody overwrite anything', async () => {
    const key = `${BACKUP_ID}/commits/${'1'.padStart(20, '0')}.json`
    const before = await rootStore().get(key)
    await expect(storeOf('writer', gate.endpoint).put(key, Buffer.from('x'))).rejects.toMatchObject(FORBIDDEN)
    expect(await rootStore().get(key)).toEqual(before)
  })

  it('lets every role do its job; only the view for people is not rewritten, of which a backup warns', async () => {
    const before = gate.refused.length
    await produce(RECORDS)
    const { records, warnings } = await backUp(storeOf('writer', gate.endpoint), BACKUP_ID)
    expect(records).toBe(RECORDS)
    expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(['KB_WARNING_VIEW']))
    const reader = storeOf('reader', gate.endpoint)
    expect((await (await openArchive(reader, BACKUP_ID)).verify({ depth: 'records' })).ok).toBe(true)
    await restore(reader, 'orders-at-last')
    await leaveUnfinished()
    const { status, stderr } = await clean('cleaner', gate.endpoint)
    expect(status, stderr).toBe(0)
    expect(await unfinishedUploads()).toBe(0)
    expect(await keysBelow(`${BACKUP_ID}/bundles/`)).toEqual([])
    expect(new Set(gate.refused.slice(before))).toEqual(new Set([`/${BUCKET}/${PREFIX}/${BACKUP_ID}/manifest.json`]))
  })
})

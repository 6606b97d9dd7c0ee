import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobStore, createBackup, createCleanup, createRestore, openArchive } from '@kbackup/core'
import { MemoryKafkaCluster } from '@kbackup/core/testing'
import { azure } from '@kbackup/storage-azure'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repositoryDirectory, startAzure, type TestAzure } from '../src/index.ts'

const MIB = 1024 * 1024
const BACKUP_ID = 'payments'
const TOPIC = 'orders'
const FORBIDDEN = { code: 'KB_STORE_FORBIDDEN', retryable: false }

type Role = 'writer' | 'reader' | 'cleaner'

let service: TestAzure
let container: string
let cluster: MemoryKafkaCluster
let permissionsOf: Readonly<Record<Role, string>>

beforeAll(async () => {
  const readme = await readFile(join(repositoryDirectory, 'packages', 'storage-azure', 'README.md'), 'utf8')
  const documented = (role: Role): string =>
    new RegExp(`^\\| ${role} .*\`([a-z]+)\` *\\|$`, 'm').exec(readme)?.[1] ?? ''
  permissionsOf = { writer: documented('writer'), reader: documented('reader'), cleaner: documented('cleaner') }
  service = await startAzure()
  container = await service.createContainer()
  cluster = new MemoryKafkaCluster({ brokerCount: 1, clusterId: 'source', offsetsTopicPartitions: 1 })
  await cluster.simulation.createTopic(TOPIC, { partitionCount: 1 })
  await append(8)
  await backUp('writer')
})

afterAll(() => service?.stop())

/** Records that do not compress: eight make more than a block of an upload. */
async function append(count: number): Promise<void> {
  const where = { topic: TOPIC, partition: 0 }
  for (let sent = 0; sent < count; sent++) {
    await cluster.simulation.append(where, [{ key: 'a', value: randomBytes(900 * 1024) }])
  }
}

function storeOf(role: Role): BlobStore {
  const { endpoint, account } = service
  const credentials = { sasToken: service.signatureFor(container, permissionsOf[role]) }
  return azure({ account, container, endpoint, credentials, partBytes: 5 * MIB })
}

function backUp(role: Role) {
  return createBackup({ source: cluster, storage: storeOf(role), backupId: BACKUP_ID, topics: [TOPIC] }).run()
}

function restore(role: Role, target: string) {
  const names = { topics: [TOPIC], rename: { [TOPIC]: target } }
  return createRestore({ target: cluster, storage: storeOf(role), backupId: BACKUP_ID, ...names }).run()
}

async function keysBelow(prefix: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of storeOf('reader').list(prefix)) keys.push(key)
  return keys
}

describe('with the shared access signatures of the README', () => {
  it('a writer backs up in blocks, and goes on from there, without a warning', async () => {
    const [segment] = await keysBelow(`${BACKUP_ID}/topics/`)
    expect((await storeOf('reader').head(segment ?? ''))?.size).toBeGreaterThan(5 * MIB)
    await append(1)
    const { records, warnings } = await backUp('writer')
    expect({ records, warnings }).toEqual({ records: 1, warnings: [] })
  })

  it('a reader validates every record without a pin, of which it is warned, and can neither restore nor back up', async () => {
    const archive = await openArchive(storeOf('reader'), BACKUP_ID)
    const { ok, warnings } = await archive.verify({ depth: 'records' })
    expect(ok).toBe(true)
    expect(warnings).toMatchObject([{ code: 'KB_WARNING_PIN' }])
    await expect(restore('reader', 'orders-refused')).rejects.toMatchObject(FORBIDDEN)
    await expect(backUp('reader')).rejects.toMatchObject(FORBIDDEN)
  })

  it('a reader with the rights of a writer restores, and leaves its pin', async () => {
    expect(await restore('writer', 'orders-again')).toMatchObject({ records: 9 })
    expect(await keysBelow(`${BACKUP_ID}/pins/`)).toHaveLength(1)
  })

  it('a cleaner removes what killed writers left, and pins, which a writer cannot', async () => {
    const [pin = ''] = await keysBelow(`${BACKUP_ID}/pins/`)
    const orphan = `${BACKUP_ID}/bundles/${randomBytes(16).toString('hex')}.zst`
    await storeOf('writer').put(orphan, Buffer.from('x'), { ifAbsent: true })
    const cleanup = (role: Role) => {
      const removePins = [pin.replace(/^.*\/|\.json$/g, '')]
      return createCleanup({ storage: storeOf(role), backupId: BACKUP_ID, olderThanMs: 0, removePins })
    }
    await expect(cleanup('writer').run()).rejects.toMatchObject(FORBIDDEN)
    expect(await keysBelow(`${BACKUP_ID}/pins/`)).toEqual([pin])
    const { deleted } = await cleanup('cleaner').run()
    expect(deleted.map(({ key }) => key)).toEqual([orphan])
    expect(await keysBelow(`${BACKUP_ID}/pins/`)).toEqual([])
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyArchive } from '@kbackup/core'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createTopic,
  plaintextClient,
  produceCorpus,
  readAllRecords,
  repositoryDirectory,
  runCommand,
  startKafka,
  type TestKafka,
} from '../src/index.ts'

let cluster: TestKafka
let directory: string

beforeAll(async () => {
  cluster = await startKafka()
  directory = await mkdtemp(join(tmpdir(), 'kbackup-example-'))
  await createTopic(cluster, { topic: 'orders' })
  await createTopic(cluster, { topic: 'orders.eu', partitions: 2 })
  await produceCorpus(cluster, { topic: 'orders', cases: ['nulls', 'headers', 'plain:100'] })
  await produceCorpus(cluster, { topic: 'orders.eu', partition: 1, cases: ['plain:50'] })
  await setPosition('billing', 'orders', '42')
})

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true })
})

it('the example of an application backs up, plans and restores, groups included, and reports events and progress', async () => {
  const output = await runExample()
  const records = await contents('orders', 'orders.eu')
  expect(output).toContain(`archived ${records.length} new records in commit 1`)
  expect(output).toContain('orders.eu: 50 new records')
  expect(output).toContain('No blockers. Nothing was written.')
  expect(output).toContain('restored 100 %')
  expect(output).toContain(`restored ${records.length} records, and the groups billing`)
  expect(await contents('restored.orders', 'restored.orders.eu')).toEqual(
    records.map((record) => ({ ...record, topic: `restored.${record.topic}` })),
  )
  expect(await position('billing', 'restored.orders')).toBe('42')
  expect(await verifyArchive(fs({ directory }), 'orders', { depth: 'records' })).toMatchObject({
    ok: true,
    findings: [],
  })
})

async function runExample(): Promise<string> {
  const { stdout } = await runCommand(
    process.execPath,
    ['--import', 'tsx', 'examples/in-app-backup/in-app-backup.ts'],
    {
      cwd: repositoryDirectory,
      env: { KAFKA_BROKERS: cluster.plaintextServers.join(','), BACKUP_DIRECTORY: directory },
    },
  )
  return stdout
}

async function contents(...topics: readonly string[]) {
  return (await readAllRecords(cluster, { topics })).map(({ offset: _, ...record }) => record)
}

async function setPosition(groupId: string, topic: string, offset: string): Promise<void> {
  const admin = plaintextClient(cluster.plaintextServers).admin()
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset }] })
  await admin.disconnect()
}

async function position(groupId: string, topic: string): Promise<string | undefined> {
  const admin = plaintextClient(cluster.plaintextServers).admin()
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
  await admin.disconnect()
  return found?.partitions[0]?.offset
}

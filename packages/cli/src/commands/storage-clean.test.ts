import { createBackup } from '@kbackup/core'
import { MemoryBlobStore, MemoryKafkaCluster } from '@kbackup/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CliPorts } from '../ports/cli-ports.ts'
import { memoryOutcome } from '../testing/cli-outcome.ts'

const STRAY = 'payments/bundles/0123456789abcdef.zst'
const DAY_MS = 86_400_000

let store: MemoryBlobStore
let nowMs: number

beforeEach(async () => {
  nowMs = Date.now() - 2 * DAY_MS
  store = new MemoryBlobStore({ now: () => nowMs })
  const source = new MemoryKafkaCluster()
  await source.simulation.createTopic('orders')
  await createBackup({ source, storage: store, backupId: 'payments', topics: ['orders'] }).run()
  await store.put(STRAY, Buffer.from('stray'))
  nowMs = Date.now()
})

function kbackup(line: string) {
  const cluster = new MemoryKafkaCluster()
  const folderNames: CliPorts['folderNames'] = async ({ backend }) =>
    backend === 's3' ? undefined : ['other', 'payments']
  return memoryOutcome(line, { store, cluster, folderNames })
}

describe('kbackup storage clean', () => {
  it('says what it would delete and why, and deletes nothing', async () => {
    const { status, stdout } = await kbackup('storage clean ./backups')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Cleanup of payments in memory\nto delete\n/)
    expect(stdout).toContain(STRAY)
    expect(stdout).toContain('no commit names it')
    expect(stdout).toContain('Nothing was deleted; --execute deletes them.')
    expect(store.keys()).toContain(STRAY)
  })

  it('deletes with --execute, and finds nothing the second time', async () => {
    const first = await kbackup('storage clean ./backups --execute --format json')
    expect(JSON.parse(first.stdout).archives).toMatchObject([
      { backup_id: 'payments', executed: true, objects: [{ key: STRAY, bytes: 5, reason: 'unnamed' }] },
    ])
    expect(store.keys()).not.toContain(STRAY)
    const second = await kbackup('storage clean ./backups --backup-id payments --execute')
    expect(second).toMatchObject({ status: 0, stdout: expect.stringContaining('Nothing to delete.') })
  })

  it('spares what is younger than --older-than', async () => {
    const { stdout } = await kbackup('storage clean ./backups --older-than 7d --execute')
    expect(stdout).toContain('young: its writer may be alive')
    expect(store.keys()).toContain(STRAY)
  })

  it('cleans the archives that it can open, and ends with the status of those that it cannot', async () => {
    await store.put('other/archive.json', Buffer.from('damaged'))
    const { status, stdout } = await kbackup('storage clean ./backups --execute')
    expect(status).toBe(4)
    expect(stdout).toContain('Cleanup of other: KB_ARCHIVE_DAMAGED')
    expect(store.keys()).not.toContain(STRAY)
  })

  it.each([
    ['storage clean ./backups --remove-pin x', 2, 'KB_USAGE'],
    ['storage clean ./backups --backup-id payments --execute --remove-pin x', 2, 'has no pin x'],
    ['storage clean ./backups --older-than 3', 2, 'KB_USAGE'],
    ['storage clean', 2, 'KB_USAGE'],
    ['storage clean ./backups --backup-id nobody', 1, 'KB_ARCHIVE_NOT_FOUND'],
    ['storage clean s3://nowhere', 1, 'KB_ARCHIVE_NOT_FOUND'],
  ])('%s ends with %i', async (line, status, text) => {
    expect(await kbackup(line)).toMatchObject({ status, stderr: expect.stringContaining(text) })
    expect(store.keys()).toContain(STRAY)
  })
})

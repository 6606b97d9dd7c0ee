import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OrdersCli } from './testing/orders-cli.ts'

let cli: OrdersCli

beforeEach(async () => {
  cli = await OrdersCli.open()
})

afterEach(() => cli[Symbol.asyncDispose]())

describe('kbackup list', () => {
  it('says to which moments each archive can be restored, as describe does', async () => {
    await cli.backUp()
    const described = JSON.parse((await cli.run('describe --path a --backup-id payments --format json')).stdout)
    const { earliest_timestamp_iso: from, latest_timestamp_iso: to } = described.restorable_range
    expect(from).toBe('2026-11-20T14:00:01Z')
    expect((await cli.run('describe --path a --backup-id payments')).stdout).toContain(
      `Restorable:        ${from} to ${to}`,
    )
    expect(await cli.run('list --path a')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`${from} to ${to}`),
    })
    const listed = JSON.parse((await cli.run('list --path a --format json')).stdout)
    expect(listed.backups).toMatchObject([{ backup_id: 'payments', restorable_range: described.restorable_range }])
  })

  it('exits 1 for a folder that is not there', async () => {
    const { status, stdout, stderr } = await cli.run('list --path missing')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('error KB_ARCHIVE_NOT_FOUND: there is no folder missing')
  })

  it('lists what it can beside a damaged archive, says what is wrong with that one, and exits 4', async () => {
    await cli.backUp()
    await cli.store.put('broken/archive.json', Buffer.from('{}'))
    await cli.store.put('notes/todo.txt', Buffer.from('no archive'))
    const { status, stdout } = await cli.run('list --path a')
    expect(status).toBe(4)
    expect(stdout).toMatch(/^payments +2026-/m)
    expect(stdout).toMatch(/^broken: KB_ARCHIVE_DAMAGED: /m)
    expect(stdout).not.toContain('notes')
    const { backups } = JSON.parse((await cli.run('list --path a --format json')).stdout)
    expect(backups).toMatchObject([
      { backup_id: 'broken', error: { code: 'KB_ARCHIVE_DAMAGED' } },
      { backup_id: 'payments' },
    ])
    const rows = (await cli.run('list --path a --format csv')).stdout.trim().split('\n')
    expect(new Set(rows.map((row) => row.split(',').length)).size).toBe(1)
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OrdersCli, RENAMED } from './testing/orders-cli.ts'

let cli: OrdersCli

beforeEach(async () => {
  cli = await OrdersCli.open()
})

afterEach(() => cli[Symbol.asyncDispose]())

describe('kbackup show-offset-mapping', () => {
  const show = 'show-offset-mapping --path a --backup-id payments'

  it('shows where the records of the newest finished restore stand, or of the one that is asked for', async () => {
    await cli.backUp()
    const file = await cli.config('restore', `${RENAMED}  time_window_start: 2026-11-20T14:00:03Z\n`)
    const first = JSON.parse((await cli.run(`restore --config ${file} --format json`)).stdout).restore_id
    const other = await cli.config('restore', RENAMED.replace('restored', 'whole'))
    const second = JSON.parse((await cli.run(`restore --config ${other} --format json`)).stdout).restore_id
    const { status, stdout } = await cli.run(`${show} --restore-id ${first}`)
    expect(status).toBe(0)
    expect(stdout).toContain(`║ Restore:   ${first} (finished, begun `)
    expect(stdout).toMatch(/^║ orders\/1 +│ 2 - 4 +│ restored\/1 +│ 0 - 2 +│ 3 +║$/m)
    expect(stdout).toContain('  --topic restored:1 \\\n  --reset-offsets --to-offset 0 --execute')
    const newest = JSON.parse((await cli.run(`${show} --format json`)).stdout)
    expect(newest).toMatchObject({
      restore: { restore_id: second, finished: true },
      entries: [
        { topic: 'orders', partition: 0, target_topic: 'whole', source_last_offset: '4', target_last_offset: '4' },
        { partition: 1, records: '5', runs: [{ source_first_offset: '0', target_first_offset: '0' }] },
      ],
    })
    expect((await cli.run(`${show} --restore-id ${first} --format csv`)).stdout.trim().split('\n')).toEqual([
      'topic,partition,source_first_offset,source_last_offset,target_topic,target_partition,target_first_offset,target_last_offset',
      'orders,0,2,4,restored,0,0,2',
      'orders,1,2,4,restored,1,0,2',
    ])
  })

  it('explains what is missing where there is no restore, and suggests no reset of the original topics', async () => {
    await cli.backUp()
    const { status, stdout } = await cli.run(show)
    expect(status).toBe(0)
    expect(stdout).toContain('No restore of this archive has ended yet')
    expect(stdout).not.toContain('--to-offset')
  })

  it('exits 1 for a restore that the archive does not have', async () => {
    await cli.backUp()
    expect(await cli.run(`${show} --restore-id other`)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('KB_RESTORE_NOT_FOUND'),
    })
  })
})

import { KbackupError } from '@kbackup/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OrdersCli, RENAMED } from './testing/orders-cli.ts'

let cli: OrdersCli

beforeEach(async () => {
  cli = await OrdersCli.open()
})

afterEach(() => cli[Symbol.asyncDispose]())

/** An object with records: small sections share bundles. */
async function dataKey(): Promise<string> {
  for await (const { key } of cli.store.list('payments/bundles/')) return key
  throw new Error('the archive has no bundle')
}

describe('kbackup validate', () => {
  it('exits 0 for a sound archive, at both depths, and holds it to a commit', async () => {
    await cli.backUp()
    const data = JSON.parse((await cli.run('describe --path a --backup-id payments --format json')).stdout)
    const expected = `${data.commit.sequence}:${data.commit.sha256}`
    for (const flags of ['', ' --deep', ` --expect-commit ${expected}`]) {
      expect(await cli.run(`validate --path a --backup-id payments${flags}`)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('✓ VALID'),
      })
    }
  })

  it('says how many of the records that it counts are those of group positions, which describe does not count', async () => {
    await cli.cluster.commitGroupOffsets('payment-processor', [
      { topic: 'orders', partition: 0, offset: 3n, leaderEpoch: -1, metadata: null },
    ])
    await cli.backUp()
    const { total_records } = JSON.parse((await cli.run('describe --path a --backup-id payments --format json')).stdout)
    for (const flags of ['', ' --deep']) {
      const report = await cli.run(`validate --path a --backup-id payments --format json${flags}`)
      const { records, offsets_topic_records } = JSON.parse(report.stdout)
      expect(offsets_topic_records).toBeGreaterThan(0)
      expect(records - offsets_topic_records).toBe(total_records)
      const { stdout } = await cli.run(`validate --path a --backup-id payments${flags}`)
      expect(stdout).toContain(`${records} records, of which ${offsets_topic_records} of __consumer_offsets`)
    }
  })

  it('exits 4 and names the object where a byte was flipped, and for a commit that the archive does not hold', async () => {
    await cli.backUp()
    const key = await dataKey()
    const bytes = await cli.store.get(key)
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
    await cli.store.put(key, bytes)
    const damaged = await cli.run('validate --path a --backup-id payments --deep --format json')
    expect(damaged.status).toBe(4)
    const restored = await cli.run(`restore --config ${await cli.config('restore', RENAMED)}`)
    expect(restored).toMatchObject({ status: 4, stdout: '', stderr: expect.stringContaining('KB_ARCHIVE_DAMAGED') })
    expect(JSON.parse(damaged.stdout)).toMatchObject({ valid: false, findings: [{ severity: 'damage', key }] })
    const other = await cli.run(`validate --path a --backup-id payments --expect-commit 1:${'0'.repeat(64)}`)
    expect(other.status).toBe(4)
  })

  it('exits 0 with a warning where the archive may not be pinned', async () => {
    await cli.backUp()
    const put = cli.store.put.bind(cli.store)
    cli.store.put = async (key, ...rest) => {
      if (key.includes('/pins/')) throw new KbackupError('KB_STORE_FORBIDDEN', { message: 'read only' })
      return put(key, ...rest)
    }
    const { status, stdout, stderr } = await cli.run('validate --path a --backup-id payments --format json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ valid: true, warnings: [{ code: 'KB_WARNING_PIN' }] })
    expect(stderr).toContain('[WARN] KB_WARNING_PIN: commit 1 was verified without a pin: read only → ')
  })

  it('exits 2 for a commit that is not written as one', async () => {
    expect((await cli.run('validate --path a --backup-id payments --expect-commit 42')).status).toBe(2)
  })
})

import { describe, expect, it } from 'vitest'
import { MemoryCli } from './testing/memory-cli.ts'

const NOW = BigInt(Date.now())
const MERGED = ['partition_mapping: { 1: 0 }', 'consumer_groups: [billing]', 'max_concurrent_partitions: 1']

/** Two partitions of four records, which end up in one; the group has read two of the first, and all of the second. */
async function backedUp(): Promise<MemoryCli> {
  const cli = await MemoryCli.open()
  const records = (name: string) =>
    Array.from({ length: 4 }, (_, ordinal) => ({ value: `${name}${ordinal}`, timestamp: NOW }))
  await cli.fill('orders', [records('a'), records('b')])
  await cli.commit('billing', 'orders', [2n, 4n])
  await cli.backUp()
  return cli
}

describe('a group of partitions that were merged', () => {
  it('is shown with the one place where it goes on, and how many records it reads again', async () => {
    await using cli = await backedUp()
    const { status, stdout } = await cli.restore(MERGED)
    expect(status).toBe(0)
    expect(stdout).toContain('merged: orders/0, orders/1 → orders/0 2, 4 records read again')
    expect(await cli.positionsOf('billing')).toEqual(new Map([['orders/0', 2n]]))
  })

  it('is so in JSON, with the partitions it comes from, by the restore and by a reset after it', async () => {
    await using cli = await backedUp()
    const target = {
      target: 'orders/0',
      target_offset: '2',
      sources: ['orders/0', 'orders/1'],
      repeated_records: '4',
    }
    const { stdout } = await cli.restore(MERGED, ['--format', 'json'])
    expect(JSON.parse(stdout).groups).toMatchObject([{ group: 'billing', targets: [target] }])
    const place = ['--path', cli.folder, '--backup-id', 'payments', '--bootstrap-servers', 'a:1']
    const reset = await cli.run(['offset-reset', 'plan', ...place, '--format', 'json'])
    expect(JSON.parse(reset.stdout).groups).toMatchObject([{ group: 'billing', targets: [target] }])
    expect((await cli.run(['offset-reset', 'plan', ...place])).stdout).toContain('merged: orders/0, orders/1')
  })
})

import { describe, expect, test } from 'vitest'
import { appendValues, BACKUP_ID, type BackupFixture, backupFixture } from '../../backup/testing/backup-fixture.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { createRestore } from '../create-restore.ts'
import type { RestoreOptions } from '../restore-options.ts'
import { remediesText } from './remedy.ts'

/** A run that is killed when it has made its first commit; of the stuck partitions nothing is durable by then. */
async function runToFirstCommit(fixture: BackupFixture, stuck: readonly number[]): Promise<void> {
  const put = fixture.store.put.bind(fixture.store)
  fixture.store.put = (key, body, putOptions) => {
    const isStuck = stuck.some((partition) => key.includes(`/topics/orders/partition=${partition}/`))
    return isStuck ? untilAborted(putOptions?.signal) : put(key, body, putOptions)
  }
  const stop = new AbortController()
  const onEvent = ({ type }: { readonly type: string }) => {
    if (type === 'commit-end') stop.abort('killed')
  }
  const options = { commitIntervalMs: 0, maxSegmentBytes: 1, compression: 'none', maxMemoryBytes: 4_194_304 } as const
  await expect(fixture.run(options, { signal: stop.signal, onEvent })).rejects.toBe('killed')
  fixture.store.put = put
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
}

async function appendToAll({ source }: BackupFixture): Promise<void> {
  for (const partition of [0, 1]) await appendValues(source, partition, ['a'])
}

function restoreOf({ store }: BackupFixture, options: Partial<RestoreOptions> = {}) {
  const target = new MemoryKafkaCluster({ clusterId: 'target' })
  return createRestore({ storage: store, backupId: BACKUP_ID, target, ...options })
}

async function codesOf(fixture: BackupFixture, options: Partial<RestoreOptions> = {}): Promise<readonly string[]> {
  return (await restoreOf(fixture, options).plan()).blockers.map(({ code }) => code)
}

const blocked = ['KB_HAZARD_INCOMPLETE_BACKUP']

describe('KB_HAZARD_INCOMPLETE_BACKUP', () => {
  test('blocks where the only backup was cut short, naming what is missing', async () => {
    const fixture = await backupFixture()
    await appendToAll(fixture)
    await runToFirstCommit(fixture, [0])
    const plan = await restoreOf(fixture).plan()
    expect(plan.blockers).toMatchObject([
      { code: 'KB_HAZARD_INCOMPLETE_BACKUP', details: { partitions: ['orders/0'], latest: null } },
    ])
    expect(plan.blockers[0]?.message).toContain('orders/0: up to offset 0 of 1')
    expect(remediesText(plan.blockers[0]?.remedies ?? [])).toContain('run the backup again')
    await expect(restoreOf(fixture).run()).rejects.toMatchObject({ code: 'KB_PLAN_BLOCKED' })
    expect(await codesOf(fixture, { window: { end: 4_000_000_000_000n } })).toEqual(blocked)
  })

  test('blocks without a window where nothing of the topic is committed, so that 0 records are no success', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a'])
    const other = { topic: 'other', partition: 0 }
    await fixture.source.simulation.createTopic('other')
    await fixture.source.simulation.append(other, [{ value: 'a' }])
    const topics = ['orders', 'other']
    const run = fixture.run
    await runToFirstCommit({ ...fixture, run: (options, rest) => run({ ...options, topics }, rest) }, [0])
    const plan = await restoreOf(fixture, { topics: ['orders'] }).plan()
    expect(plan.records).toBe(0)
    expect(plan.blockers.map(({ code }) => code)).toEqual(blocked)
    expect(await codesOf(fixture, { topics: ['other'] })).toEqual([])
  })

  test('is settled by accept, and stays a warning of the receipt', async () => {
    const fixture = await backupFixture()
    await appendToAll(fixture)
    await runToFirstCommit(fixture, [0])
    const receipt = await restoreOf(fixture, { guards: { incompleteBackup: 'accept' } }).run()
    expect(receipt.warnings.map(({ code }) => code)).toEqual(blocked)
  })

  test('leaves partitions alone that are whole', async () => {
    const fixture = await backupFixture()
    await appendToAll(fixture)
    await runToFirstCommit(fixture, [0])
    const whole = (await restoreOf(fixture, { partitions: [1] }).plan()).blockers
    const missing = (await restoreOf(fixture, { partitions: [0] }).plan()).blockers
    expect([whole.length, missing.length]).toEqual([0, 1])
  })

  test('names the moment up to which an older backup is whole, and lets a window end there', async () => {
    const fixture = await backupFixture()
    await appendToAll(fixture)
    const { latest } = (await fixture.run()).restorableRange
    expect(latest).not.toBeNull()
    const end = latest ?? 0n
    await new Promise((resolve) => setTimeout(resolve, 5))
    await appendToAll(fixture)
    await runToFirstCommit(fixture, [0])
    const [blocker] = (await restoreOf(fixture).plan()).blockers
    expect(blocker?.details.latest).toBe(end)
    expect(blocker?.remedies).toContainEqual(
      expect.objectContaining({ option: 'window.end', value: new Date(Number(end)).toISOString() }),
    )
    expect(await codesOf(fixture, { window: { end: end + 1n } })).toEqual(blocked)
    const receipt = await restoreOf(fixture, { window: { end } }).run()
    expect(receipt).toMatchObject({ records: 2, warnings: [] })
  })

  test('is gone when the backup has been run to its end', async () => {
    const fixture = await backupFixture()
    await appendToAll(fixture)
    await runToFirstCommit(fixture, [0])
    await fixture.run()
    expect(await codesOf(fixture)).toEqual([])
  })
})

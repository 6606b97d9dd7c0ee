import { describe, expect, it } from 'vitest'
import { openArchive } from '../archive/open-archive.ts'
import { restorableRange } from './restorable-range.ts'
import { appendValues, BACKUP_ID, type BackupFixture, backupFixture } from './testing/backup-fixture.ts'

const options = {
  commitIntervalMs: 0,
  maxSegmentBytes: 1,
  compression: 'none',
  maxMemoryBytes: 4 * 1024 * 1024,
} as const

async function latest({ store }: BackupFixture): Promise<bigint | null> {
  return restorableRange((await openArchive(store, BACKUP_ID)).state).latest
}

/** A run that is killed when it has made its first commit; nothing of the stuck partition is durable by then. */
async function runToFirstCommit(fixture: BackupFixture, stuckPartition: number, consumerGroups: 'all' | false = 'all') {
  const put = fixture.store.put.bind(fixture.store)
  fixture.store.put = (key, body, putOptions) => {
    const isStuck = key.includes(`/topics/orders/partition=${stuckPartition}/`)
    return isStuck ? waitForAbort(putOptions?.signal) : put(key, body, putOptions)
  }
  const stop = new AbortController()
  const onEvent = ({ type }: { readonly type: string }) => {
    if (type === 'commit-end') stop.abort('killed')
  }
  await expect(fixture.run({ ...options, consumerGroups }, { signal: stop.signal, onEvent })).rejects.toBe('killed')
  fixture.store.put = put
}

function waitForAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
}

describe('the restorable range', () => {
  it('has no end before a run has ended', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a'])
    await appendValues(fixture.source, 1, ['a'])
    await runToFirstCommit(fixture, 0)
    expect(await latest(fixture)).toBeNull()
  })

  it.each(['all', false] as const)(
    'is not moved by a run that was cut short, also where some partitions were read to their stops (groups: %s)',
    async (consumerGroups) => {
      const fixture = await backupFixture()
      await appendValues(fixture.source, 0, ['a'])
      await appendValues(fixture.source, 1, ['a'])
      const ended = (await fixture.run(options)).restorableRange.latest
      expect(ended).not.toBeNull()
      await appendValues(fixture.source, 0, ['b'])
      await appendValues(fixture.source, 1, ['b'])
      await new Promise((resolve) => setTimeout(resolve, 5))
      await runToFirstCommit(fixture, 0, consumerGroups)
      const after = await latest(fixture)
      expect(after).not.toBeNull()
      expect(Number(after)).toBeLessThanOrEqual(Number(ended))
    },
  )

  it('reaches to the run that went on', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a'])
    await appendValues(fixture.source, 1, ['a'])
    await runToFirstCommit(fixture, 0)
    const { restorableRange: range } = await fixture.run(options)
    expect(range.latest).not.toBeNull()
    expect(await latest(fixture)).toBe(range.latest)
  })
})

import { describe, expect, it } from 'vitest'
import { createBackup } from './create-backup.ts'
import { appendValues, BACKUP_ID, backupFixture } from './testing/backup-fixture.ts'

describe('status and events', () => {
  it('tell how a run went, in plain JSON', async () => {
    const fixture = await backupFixture()
    const { source, store: storage, events } = fixture
    await appendValues(source, 0, ['a', 'b'])
    const backup = createBackup({ source, storage, backupId: BACKUP_ID, topics: ['orders'] })
    expect(backup.status()).toMatchObject({ state: 'idle', healthy: true, lastCommit: null })
    const result = await backup.run({ onEvent: (event) => events.push(event) })
    expect(JSON.parse(JSON.stringify(backup.status()))).toMatchObject({
      state: 'completed',
      healthy: true,
      lastCommit: { ...result.commit },
      progress: { percent: 100, records: 2 },
    })
    expect(JSON.parse(JSON.stringify(result)).commit).toEqual({ ...result.commit })
    const types = events.map(({ type }) => type)
    expect(types[0]).toBe('run-start')
    expect(types.indexOf('segment-end')).toBeLessThan(types.indexOf('commit-end'))
    expect(types.at(-1)).toBe('run-end')
  })

  it('tell that a run failed, and with which code', async () => {
    const fixture = await backupFixture()
    const { source, store: storage, events } = fixture
    const backup = createBackup({ source, storage, backupId: BACKUP_ID, topics: ['typo'] })
    await expect(backup.run({ onEvent: (event) => events.push(event) })).rejects.toThrow()
    expect(backup.status()).toMatchObject({ state: 'failed', healthy: false, error: { code: 'KB_TOPIC_NOT_FOUND' } })
    expect(events.at(-1)).toMatchObject({ type: 'run-end', outcome: 'failed', code: 'KB_TOPIC_NOT_FOUND' })
  })

  it('refuse a second run beside the first', async () => {
    const { source, store: storage } = await backupFixture()
    const backup = createBackup({ source, storage, backupId: BACKUP_ID, topics: ['orders'] })
    const run = backup.run()
    await expect(backup.run()).rejects.toMatchObject({ code: 'KB_USAGE' })
    await run
  })
})

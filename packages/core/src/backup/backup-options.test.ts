import { describe, expect, it } from 'vitest'
import type { SectionEntry } from '../archive/commit.ts'
import { openArchive } from '../archive/open-archive.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BackupOptions } from './backup-options.ts'
import { appendValues, BACKUP_ID, type BackupFixture, backupFixture } from './testing/backup-fixture.ts'

async function filled(): Promise<BackupFixture> {
  const fixture = await backupFixture()
  await appendValues(fixture.source, 0, ['a', 'b', 'c'])
  return fixture
}

async function sectionsOf({ store }: BackupFixture): Promise<readonly SectionEntry[]> {
  const { state } = await openArchive(store, BACKUP_ID)
  const partitions = state.topics.get('orders')?.partitions ?? []
  return partitions.flatMap(({ lineages }) => lineages.flatMap(({ sections }) => sections))
}

async function commitOf(fixture: BackupFixture, options: Partial<BackupOptions>) {
  const { commit } = await fixture.run(options)
  return (await openArchive(fixture.store, BACKUP_ID)).readCommit(commit.sequence)
}

describe('an option of a backup', () => {
  it.each(['zstd', 'lz4', 'none'] as const)('compression: %s is how sections are stored', async (compression) => {
    const fixture = await filled()
    await fixture.run({ compression })
    expect((await sectionsOf(fixture)).map(({ codec }) => codec)).toEqual([compression])
  })

  it('compressionLevel that the codec cannot honour ends the run before anything is committed', async () => {
    const fixture = await filled()
    const failed = await fixture.run({ compression: 'zstd', compressionLevel: 99 }).catch((error: unknown) => error)
    expect(KbackupError.is(failed, 'KB_CODEC_LEVEL')).toBe(true)
    expect(fixture.store.keys(`${BACKUP_ID}/commits/`)).toEqual([])
    await expect(fixture.run({ compressionLevel: 3 })).resolves.toMatchObject({ records: 3 })
  })

  it.each([
    ['exact', false],
    ['lazy', true],
  ] as const)(
    'indexTimestamps: %s leaves least times of compressed batches open: %s',
    async (indexTimestamps, isOpen) => {
      const fixture = await backupFixture()
      const records = [{ value: 'a' }, { value: 'b' }]
      await fixture.source.simulation.append({ topic: 'orders', partition: 0 }, records, { codec: 'lz4' })
      await fixture.run({ indexTimestamps })
      expect((await sectionsOf(fixture)).map(({ minTimestamp }) => minTimestamp === null)).toEqual([isOpen])
    },
  )

  it('writerId stands in the commits; without one it is drawn anew for each run', async () => {
    const fixture = await filled()
    expect((await commitOf(fixture, { writerId: 'pod-7' })).writerId).toBe('pod-7')
    const drawn = [(await commitOf(fixture, {})).writerId, (await commitOf(fixture, {})).writerId]
    expect(new Set([...drawn, 'pod-7']).size).toBe(3)
  })

  it('logger hears of the run, with fields that have no bigint', async () => {
    const fixture = await filled()
    const lines: (readonly [string, string])[] = []
    const line = (level: string) => (fields: object, message: string) => {
      lines.push([level, message])
      JSON.stringify(fields)
    }
    const logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
    await fixture.run({ logger })
    expect(lines).toContainEqual(['info', 'commit-end'])
    expect(lines.at(-1)).toEqual(['info', 'run-end'])
    expect(lines.filter(([level]) => level === 'error')).toEqual([])
  })
})

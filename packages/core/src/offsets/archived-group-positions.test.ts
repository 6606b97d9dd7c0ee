import { beforeEach, describe, expect, it } from 'vitest'
import { openArchive } from '../archive/open-archive.ts'
import {
  appendValues,
  BACKUP_ID,
  type BackupFixture,
  backupFixture,
  impatientEnvironment,
  position,
} from '../backup/testing/backup-fixture.ts'
import { archivedGroupPositions } from './archived-group-positions.ts'
import { OFFSETS_TOPIC } from './offsets-topic-record.ts'

/** One clock for the brokers and for kbackup, which stands still unless a test moves it. */
let nowMs: number
let fixture: BackupFixture

beforeEach(async () => {
  nowMs = 1_000_000
  fixture = await backupFixture({ now: () => nowMs, offsetsTopicPartitions: 4 })
  await appendValues(fixture.source, 0, ['a', 'b', 'c', 'd', 'e', 'f'])
})

const commit = (groupId: string, offset: bigint) => fixture.source.commitGroupOffsets(groupId, [position(0, offset)])
const backup = () => fixture.run({ environment: { ...impatientEnvironment, nowMs: () => nowMs } })

async function at(atMs?: number): Promise<readonly string[]> {
  const view = await openArchive(fixture.store, BACKUP_ID)
  const request = { store: fixture.store, atMs: atMs === undefined ? undefined : BigInt(atMs) }
  const { positions } = await archivedGroupPositions(view, request)
  return positions.map(({ groupId, offset, kind }) => `${groupId} ${offset} ${kind}`)
}

describe('an archive that was made after all commits', () => {
  it('knows exactly where a group was at each moment between them', async () => {
    for (const offset of [1n, 2n, 5n, 3n, 4n]) {
      await commit('payments', offset)
      nowMs += 100
    }
    await backup()
    const moments = [999_999, 1_000_000, 1_000_150, 1_000_250, 1_000_350, 1_000_499]
    expect(await Promise.all(moments.map(at))).toEqual([
      [],
      ['payments 1 exact'],
      ['payments 2 exact'],
      ['payments 5 exact'],
      ['payments 3 exact'],
      ['payments 4 exact'],
    ])
  })

  it('knows the newest position exactly where no moment is named', async () => {
    await commit('payments', 3n)
    nowMs += 100
    await backup()
    expect(await at()).toEqual(['payments 3 exact'])
  })

  it('gives the newest position without comparing clocks: a broker may stamp a commit after its capture', async () => {
    await commit('payments', 3n)
    nowMs -= 5_000
    await backup()
    expect(await at()).toEqual(['payments 3 exact'])
  })

  it('does not vouch for moments after the positions were captured', async () => {
    await commit('payments', 3n)
    nowMs += 100
    const listOffsets = fixture.source.listOffsets.bind(fixture.source)
    fixture.source.listOffsets = async (...call) => {
      const answers = await listOffsets(...call)
      if (call[0].every(({ at }) => at === 'latest')) return answers
      nowMs += 50
      await commit('payments', 4n)
      nowMs += 50
      return answers
    }
    await backup()
    expect(await at(1_000_160)).toEqual(['payments 3 at-or-before'])
    expect(await at(1_000_099)).toEqual(['payments 3 exact'])
  })

  it('anchors the capture of its only run in the log, and so knows where an idle group stood, whatever was cleaned', async () => {
    await commit('idle', 3n)
    nowMs += 10_000
    for (const offset of [1n, 2n]) for (let index = 0; index < 32; index += 1) await commit(`busy-${index}`, offset)
    nowMs += 10_000
    await compactAll()
    nowMs += 10_000
    await backup()
    expect(await at(1_015_000)).toContain('idle 3 exact')
  })

  it('does not anchor a capture between whose two looks at the log the position moved', async () => {
    await commit('idle', 3n)
    nowMs += 10_000
    for (const offset of [1n, 2n]) for (let index = 0; index < 32; index += 1) await commit(`busy-${index}`, offset)
    await compactAll()
    nowMs += 10_000
    const listGroups = fixture.source.listGroups.bind(fixture.source)
    fixture.source.listGroups = async (...call) => {
      await commit('idle', 4n)
      return listGroups(...call)
    }
    await backup()
    expect(await at(1_015_000)).toContain('idle 3 at-or-before')
  })

  it('bounds what compaction put in doubt, and says what the capture showed', async () => {
    await commit('idle', 1n)
    nowMs += 10_000
    await commit('idle', 2n)
    nowMs += 10_000
    await commit('idle', 3n)
    await compactAll()
    nowMs += 10_000
    await backup()
    expect(await at(1_015_000)).toContain('idle 3 at-or-after')
    expect(await at(1_025_000)).toContain('idle 3 exact')
  })
})

describe('an archive without the offsets topic', () => {
  it('has bounds for every moment, and is exact only where the newest capture itself is asked for', async () => {
    const describeTopics = fixture.source.describeTopics.bind(fixture.source)
    fixture.source.describeTopics = async (...call) =>
      (await describeTopics(...call)).filter(({ topic }) => topic !== OFFSETS_TOPIC)
    await commit('payments', 1n)
    nowMs += 100
    await backup()
    await commit('payments', 2n)
    nowMs += 100
    await backup()
    expect(await Promise.all([1_000_050, 1_000_150, undefined].map(at))).toEqual([
      ['payments 1 at-or-after'],
      ['payments 1 at-or-before'],
      ['payments 2 exact'],
    ])
  })
})

/** The newest batch of each partition is never cleaned, so one of another group has to follow. */
async function compactAll(): Promise<void> {
  for (let index = 0; index < 32; index += 1) await commit(`other-${index}`, 0n)
  for (const partition of [0, 1, 2, 3]) await fixture.source.simulation.compact({ topic: OFFSETS_TOPIC, partition })
}

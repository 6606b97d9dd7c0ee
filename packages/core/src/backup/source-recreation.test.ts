import { describe, expect, it } from 'vitest'
import type { LineageState } from '../archive/archive-state.ts'
import type { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { archivedLineages, sectionRecords } from './testing/archived-records.ts'
import { BACKUP_ID, type BackupFixture, backupFixture } from './testing/backup-fixture.ts'

const PARTITIONS = [0, 1]
const OPTIONS = {
  maxMemoryBytes: 4 * 1024 * 1024,
  commitIntervalMs: 0,
  maxSegmentBytes: 1,
  compression: 'none',
  consumerGroups: false,
} as const

async function fill(source: MemoryKafkaCluster, content: string, batches: number): Promise<void> {
  for (const partition of PARTITIONS) {
    for (let count = 0; count < batches; count++) {
      const value = content.padEnd(150_000, '.')
      await source.simulation.append({ topic: 'orders', partition }, [{ value }])
    }
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

type Striking = (source: MemoryKafkaCluster) => Promise<void>

/** Strikes once at the nth call: before the brokers hear of it, or when they have answered and the answer is on its way. */
function strikeAt(source: MemoryKafkaCluster, nth: number, when: 'before' | 'after', strike: Striking): () => boolean {
  let calls = 0
  const around = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    const isStruck = ++calls === nth
    if (isStruck && when === 'before') await strike(source)
    const answer = await call()
    if (isStruck && when === 'after') await strike(source)
    if (isStruck) await turns(40)
    return answer
  }
  const { describeTopics, describeTopicConfigs, listOffsets, leaderEpochEnds, fetch } = source
  source.describeTopics = (...args) => around(() => describeTopics.apply(source, args))
  source.describeTopicConfigs = (...args) => around(() => describeTopicConfigs.apply(source, args))
  source.listOffsets = (...args) => around(() => listOffsets.apply(source, args))
  source.leaderEpochEnds = (...args) => around(() => leaderEpochEnds.apply(source, args))
  source.fetch = (...args) => around(() => fetch.apply(source, args))
  return () => calls >= nth
}

async function contentsOf({ store }: BackupFixture, lineage: LineageState): Promise<ReadonlySet<string>> {
  const records = await Promise.all(lineage.sections.map((section) => sectionRecords(store, section)))
  return new Set(records.flat().map(({ value }) => String(value).replace(/\.+$/, '')))
}

/** What each lineage holds must have been written to the topic of its id. */
async function expectTrue(fixture: BackupFixture, oldId: string | undefined): Promise<void> {
  for (const partition of PARTITIONS) {
    for (const lineage of await archivedLineages(fixture.store, BACKUP_ID, { topic: 'orders', partition })) {
      const contents = [...(await contentsOf(fixture, lineage))]
      const expected = lineage.topicId === oldId ? 'old' : 'new'
      expect(contents.filter((content) => content !== expected)).toEqual([])
    }
  }
}

describe('a topic that is recreated at any call of a run', () => {
  it.each(['before', 'after'] as const)(
    '(%s the brokers have answered) never lends its old id to its new records',
    async (when) => {
      let nth = 1
      for (let wasStruck = true; wasStruck; nth++) {
        const fixture = await backupFixture()
        await fill(fixture.source, 'old', 4)
        const oldId = (await fixture.source.describeTopics(['orders']))[0]?.topicId
        const isStruck = strikeAt(fixture.source, nth, when, async (source) => {
          await source.simulation.recreateTopic('orders')
          await fill(source, 'new', 6)
        })
        await fixture.run(OPTIONS)
        wasStruck = isStruck()
        await expectTrue(fixture, oldId)
        await fixture.run(OPTIONS)
        await expectTrue(fixture, oldId)
      }
      expect(nth).toBeGreaterThan(10)
    },
  )
})

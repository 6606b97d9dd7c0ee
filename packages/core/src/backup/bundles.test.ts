import { describe, expect, it } from 'vitest'
import type { SectionEntry } from '../archive/commit.ts'
import { openArchive } from '../archive/open-archive.ts'
import { decodeRecords } from '../batch/batch-records.ts'
import { readBatches } from '../batch/record-batch.ts'
import { createRestore } from '../restore/create-restore.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import { sectionRecords } from './testing/archived-records.ts'
import { BACKUP_ID, type BackupFixture, backupFixture } from './testing/backup-fixture.ts'

const PARTITIONS = 300
const TOPIC = 'many'
const SMALL_MEMORY = 4 * 1024 * 1024

/** A topic of many partitions with a record or a few in each. */
async function manyPartitions(): Promise<BackupFixture> {
  const fixture = await backupFixture()
  await fixture.source.simulation.createTopic(TOPIC, { partitionCount: PARTITIONS })
  for (let partition = 0; partition < PARTITIONS; partition++) await appendTo(fixture, partition, 1 + (partition % 3))
  return fixture
}

async function appendTo({ source }: BackupFixture, partition: number, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => ({ value: `${partition}/${index}` }))
  await source.simulation.append({ topic: TOPIC, partition }, records)
}

function putsOf(storage: FaultBlobStore): readonly string[] {
  return storage.log.filter(({ operation }) => operation === 'put').map(({ key }) => key.slice(BACKUP_ID.length + 1))
}

async function sectionsOf({ store }: BackupFixture, topic: string): Promise<readonly SectionEntry[]> {
  const { state } = await openArchive(store, BACKUP_ID)
  const lineages = state.topics.get(topic)?.partitions.flatMap((partition) => partition.lineages) ?? []
  return lineages.flatMap(({ sections }) => sections)
}

async function expectWhole(fixture: BackupFixture, countOf = (partition: number) => 1 + (partition % 3)) {
  const found = new Map<number, string[]>()
  for (const section of await sectionsOf(fixture, TOPIC)) {
    const values = (await sectionRecords(fixture.store, section)).map(({ value }) => String(value))
    found.set(section.partition, [...(found.get(section.partition) ?? []), ...values])
  }
  expect(found.size).toBe(PARTITIONS)
  for (const [partition, values] of found) {
    expect(values).toEqual(Array.from({ length: countOf(partition) }, (_, index) => `${partition}/${index}`))
  }
}

async function endOf(cluster: MemoryKafkaCluster, partition: number): Promise<bigint | undefined> {
  const [end] = await cluster.listOffsets([{ topic: 'orders', partition, at: 'latest' }])
  return end?.offset
}

async function logOf(cluster: MemoryKafkaCluster, partition: number) {
  const at = { topic: TOPIC, partition, offset: 0n, maxBytes: 1 << 20 }
  const { partitions } = await cluster.fetch({
    partitions: [at],
    maxBytes: 1 << 20,
    minBytes: 1,
    maxWaitMs: 0,
    isolation: 'read_committed',
  })
  const batches = readBatches(partitions[0]?.records ?? Buffer.alloc(0), at)
  return (await Promise.all([...batches].map((batch) => decodeRecords(batch, at)))).flat()
}

describe('many partitions with little data', () => {
  it('become one object, in one request, and a run makes one commit', async () => {
    const fixture = await manyPartitions()
    const storage = new FaultBlobStore(fixture.store)
    const result = await fixture.run({ topics: [TOPIC], storage, consumerGroups: false })
    expect(result.records).toBe(PARTITIONS * 2)
    const puts = putsOf(storage)
    expect(puts.filter((key) => !/^(manifest|snapshots)/.test(key)).sort()).toEqual([
      'archive.json',
      // Asked whether the store keeps its condition.
      'archive.json',
      expect.stringMatching(/^bundles\/[0-9a-f]{32}\.zst$/),
      'commits/00000000000000000001.json',
    ])
    expect(fixture.events).toContainEqual(expect.objectContaining({ type: 'bundle-end', sections: PARTITIONS }))
    await expectWhole(fixture)
  })

  it('are read in few requests', async () => {
    const fixture = await manyPartitions()
    await fixture.run({ topics: [TOPIC], consumerGroups: false })
    expect(fixture.source.faults.callCount('fetch')).toBeLessThan(PARTITIONS / 5)
  })

  it('verify to the last record, and restore as they were', async () => {
    const fixture = await manyPartitions()
    await fixture.run({ topics: [TOPIC], consumerGroups: false })
    const report = await verifyArchive(fixture.store, BACKUP_ID, { depth: 'records' })
    expect(report).toMatchObject({ ok: true, sections: PARTITIONS, records: PARTITIONS * 2, findings: [] })
    const target = new MemoryKafkaCluster({ brokerCount: 2 })
    const receipt = await createRestore({ storage: fixture.store, backupId: BACKUP_ID, target }).run()
    expect(receipt.records).toBe(PARTITIONS * 2)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const restored = await logOf(target, partition)
      expect(restored).toHaveLength(1 + (partition % 3))
      expect(restored).toEqual(await logOf(fixture.source, partition))
    }
  })

  it('fill several bundles where memory is short, one after the other', async () => {
    const fixture = await manyPartitions()
    const value = () => Buffer.from(Array.from({ length: 5000 }, () => Math.floor(Math.random() * 256)))
    for (let partition = 0; partition < PARTITIONS; partition++) {
      await fixture.source.simulation.append({ topic: TOPIC, partition }, [{ value: value() }])
    }
    const storage = new FaultBlobStore(fixture.store)
    await fixture.run({ topics: [TOPIC], storage, consumerGroups: false, maxMemoryBytes: SMALL_MEMORY })
    const bundles = putsOf(storage).filter((key) => key.startsWith('bundles/'))
    expect(bundles.length).toBeGreaterThan(3)
    expect(bundles.length).toBeLessThan(20)
    expect((await verifyArchive(fixture.store, BACKUP_ID, { depth: 'records' })).ok).toBe(true)
  })

  it('are stored again when the store fails for a moment, and under another name when it fails for a while', async () => {
    const fixture = await manyPartitions()
    let failures = 0
    const schedule = ({ operation, key }: { readonly operation: string; readonly key: string }) =>
      operation === 'put' && key.includes('/bundles/') && failures++ < 7 ? ({ kind: 'torn-put' } as const) : undefined
    const storage = new FaultBlobStore(fixture.store, { schedule })
    await fixture.run({ topics: [TOPIC], storage, consumerGroups: false })
    expect(new Set(putsOf(storage).filter((key) => key.startsWith('bundles/'))).size).toBe(2)
    expect(fixture.events.filter(({ type }) => type === 'retry')).toHaveLength(7)
    await expectWhole(fixture)
  })

  it('end the run with the error of a store that goes on failing, and are whole after the next', async () => {
    const fixture = await manyPartitions()
    const schedule = ({ key }: { readonly key: string }) =>
      key.includes('/bundles/') ? ({ kind: 'torn-put' } as const) : undefined
    const storage = new FaultBlobStore(fixture.store, { schedule })
    await expect(fixture.run({ topics: [TOPIC], storage })).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    await fixture.run({ topics: [TOPIC] })
    await expectWhole(fixture)
  })

  it('lie beside the history of group positions', async () => {
    const fixture = await manyPartitions()
    const offsets = [{ topic: TOPIC, partition: 0, offset: 1n, leaderEpoch: -1, metadata: '' }]
    for (const group of ['billing', 'search', 'audit', 'mail']) await fixture.source.commitGroupOffsets(group, offsets)
    await fixture.run({ topics: [TOPIC] })
    const positions = await sectionsOf(fixture, '__consumer_offsets')
    expect(positions).toHaveLength(2)
    const [bundle] = fixture.store.keys(`${BACKUP_ID}/bundles/`)
    expect(new Set(positions.map(({ key }) => key))).toEqual(new Set([bundle]))
  })

  it('take what is new in the next run, as another bundle', async () => {
    const fixture = await manyPartitions()
    await fixture.run({ topics: [TOPIC], consumerGroups: false })
    for (const partition of [7, 8]) {
      const value = `${partition}/${1 + (partition % 3)}`
      await fixture.source.simulation.append({ topic: TOPIC, partition }, [{ value }])
    }
    expect((await fixture.run({ topics: [TOPIC], consumerGroups: false })).records).toBe(2)
    await expectWhole(fixture, (partition) => 1 + (partition % 3) + (partition === 7 || partition === 8 ? 1 : 0))
    expect(fixture.store.keys(`${BACKUP_ID}/bundles/`)).toHaveLength(2)
  })
})

describe('a flipped byte in a bundle', () => {
  it('is named, wherever it is, and nothing of its section is restored', async () => {
    const fixture = await backupFixture()
    for (const partition of [0, 1]) {
      await fixture.source.simulation.append({ topic: 'orders', partition }, [{ value: `value ${partition}` }])
    }
    await fixture.run({ consumerGroups: false })
    const [key = ''] = fixture.store.keys(`${BACKUP_ID}/bundles/`)
    const sound = Buffer.from(await fixture.store.get(key))
    const sections = await sectionsOf(fixture, 'orders')
    expect(sections).toHaveLength(2)
    for (let at = 0; at < sound.length; at++) {
      const flipped = Buffer.from(sound)
      flipped[at] = (flipped[at] ?? 0) ^ 0x40
      await fixture.store.put(key, flipped)
      const { ok, findings } = await verifyArchive(fixture.store, BACKUP_ID, { depth: 'bytes' })
      expect([ok, findings[0]?.key], `byte ${at}`).toEqual([false, key])
    }
    const second = sections.find(({ position }) => position > 0)
    const flipped = Buffer.from(sound)
    const at = (second?.index.position ?? 0) - 2
    flipped[at] = (flipped[at] ?? 0) ^ 0x40
    await fixture.store.put(key, flipped)
    const target = new MemoryKafkaCluster({ brokerCount: 1 })
    const restore = createRestore({ storage: fixture.store, backupId: BACKUP_ID, target })
    await expect(restore.run()).rejects.toMatchObject({ code: 'KB_ARCHIVE_DAMAGED', details: { key } })
    expect(await endOf(target, second?.partition ?? -1)).toBe(0n)
  })
})

describe('partitions of any size', () => {
  it('become segments where they fill a part, and the others a bundle beside', async () => {
    const fixture = await manyPartitions()
    const large = (fill: number) => Buffer.alloc(200_000, fill)
    for (const partition of [3, 250]) {
      for (let fill = 0; fill < 10; fill++) {
        await fixture.source.simulation.append({ topic: TOPIC, partition }, [{ value: large(fill) }])
      }
    }
    await fixture.run({
      topics: [TOPIC],
      consumerGroups: false,
      maxMemoryBytes: SMALL_MEMORY,
      compression: 'none',
    })
    const sections = await sectionsOf(fixture, TOPIC)
    const segments = sections.filter(({ key }) => key.includes('/topics/'))
    expect(segments.map(({ partition }) => partition)).toEqual([3, 250])
    expect(sections).toHaveLength(PARTITIONS)
    expect((await verifyArchive(fixture.store, BACKUP_ID, { depth: 'records' })).ok).toBe(true)
  })
})

import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { BlobStore } from '../storage/blob-store.ts'
import { createBackup } from './create-backup.ts'
import { archivedLineages, archivedOmissions, archivedRecords } from './testing/archived-records.ts'
import {
  appendValues,
  BACKUP_ID,
  type BackupFixture,
  backupFixture,
  impatientEnvironment,
} from './testing/backup-fixture.ts'

const first = { topic: 'orders', partition: 0 }

/** Reads a chunk at the last moment at which it may. */
function lateReader(inner: BlobStore): BlobStore {
  async function* late(body: AsyncIterable<Uint8Array>) {
    for await (const chunk of body) {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
      yield Buffer.from(chunk)
    }
  }
  return {
    name: inner.name,
    releasesChunks: true,
    put: (key, body, options) => inner.put(key, body instanceof Uint8Array ? body : late(body), options),
    get: (key, options) => inner.get(key, options),
    head: (key, options) => inner.head(key, options),
    list: (prefix, options) => inner.list(prefix, options),
    delete: (key, options) => inner.delete(key, options),
  }
}

async function values({ store }: BackupFixture, partition: number): Promise<readonly string[]> {
  const records = await archivedRecords(store, BACKUP_ID, { topic: 'orders', partition })
  return records.map(({ value }) => String(value))
}

describe('a run', () => {
  it('archives every record of every partition, in order, and says how many', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b', 'c'])
    await appendValues(fixture.source, 2, ['x'])
    const result = await fixture.run()
    expect([await values(fixture, 0), await values(fixture, 1), await values(fixture, 2)]).toEqual([
      ['a', 'b', 'c'],
      [],
      ['x'],
    ])
    expect(result).toMatchObject({ records: 4, topics: [{ topic: 'orders', records: 4 }], gaps: [], warnings: [] })
    expect(result.commit.sequence).toBe(1)
  })

  it('takes only what is new when it is run again', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b'])
    await fixture.run()
    await appendValues(fixture.source, 0, ['c'])
    expect((await fixture.run()).records).toBe(1)
    expect(await values(fixture, 0)).toEqual(['a', 'b', 'c'])
  })

  it('commits the cut also where nothing was new, so that the restorable range reaches to now', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a'])
    const before = await fixture.run()
    const objects = fixture.store.keys(`${BACKUP_ID}/topics/`)
    const after = await fixture.run()
    expect(after).toMatchObject({ records: 0, commit: { sequence: before.commit.sequence + 1 } })
    expect(fixture.store.keys(`${BACKUP_ID}/topics/`)).toEqual(objects)
    expect(after.restorableRange.latest ?? 0n).toBeGreaterThanOrEqual(before.restorableRange.latest ?? 0n)
    expect(after.restorableRange.earliest).toBe(before.restorableRange.earliest)
  })

  it('archives nothing that comes after its start', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b'])
    const fetch = fixture.source.fetch.bind(fixture.source)
    fixture.source.fetch = async (...args) => {
      await appendValues(fixture.source, 0, ['late'])
      return fetch(...args)
    }
    expect((await fixture.run()).records).toBe(2)
    expect(await values(fixture, 0)).toEqual(['a', 'b'])
  })

  it('ends inside a batch where the cut lies inside one, and goes on inside it', async () => {
    const fixture = await backupFixture()
    const records = ['a', 'b', 'c', 'd'].map((value) => ({ value }))
    await fixture.source.simulation.append(first, records)
    const listOffsets = fixture.source.listOffsets.bind(fixture.source)
    fixture.source.listOffsets = async (queries, options) =>
      (await listOffsets(queries, options)).map((answer, index) =>
        queries[index]?.at === 'last-stable' && answer.offset === 4n ? { ...answer, offset: 2n } : answer,
      )
    expect((await fixture.run()).records).toBe(2)
    expect(await values(fixture, 0)).toEqual(['a', 'b'])
    fixture.source.listOffsets = listOffsets
    expect((await fixture.run()).records).toBe(2)
    expect(await values(fixture, 0)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('begins inside a batch where the log does', async () => {
    const fixture = await backupFixture()
    await fixture.source.simulation.append(
      first,
      ['a', 'b', 'c'].map((value) => ({ value })),
    )
    await fixture.source.deleteRecords([{ ...first, beforeOffset: 1n }])
    expect((await fixture.run()).records).toBe(2)
    expect(await values(fixture, 0)).toEqual(['b', 'c'])
    expect(await archivedLineages(fixture.store, BACKUP_ID, first)).toMatchObject([{ startOffset: 1n, nextOffset: 3n }])
  })

  it('keeps committed transactions, leaves aborted ones and markers out with their reasons, and stops at open ones', async () => {
    const fixture = await backupFixture()
    const { simulation } = fixture.source
    const committed = simulation.beginTransaction()
    const aborted = simulation.beginTransaction()
    await committed.append(first, [{ value: 'kept' }])
    await aborted.append(first, [{ value: 'dropped' }])
    await appendValues(fixture.source, 0, ['plain'])
    await aborted.abort()
    await committed.commit()
    const open = simulation.beginTransaction()
    await open.append(first, [{ value: 'open' }])
    await appendValues(fixture.source, 0, ['behind'])
    await fixture.run()
    expect(await values(fixture, 0)).toEqual(['kept', 'plain'])
    expect(await archivedOmissions(fixture.store, BACKUP_ID, first)).toEqual([
      { startOffset: 1n, nextOffset: 2n, reason: 'aborted' },
      { startOffset: 3n, nextOffset: 5n, reason: 'marker' },
    ])
    await open.commit()
    await fixture.run()
    expect(await values(fixture, 0)).toEqual(['kept', 'plain', 'open', 'behind'])
  })

  it('ends where the log ends in a marker', async () => {
    const fixture = await backupFixture()
    const transaction = fixture.source.simulation.beginTransaction()
    await transaction.append(first, [{ value: 'only' }])
    await transaction.abort()
    expect((await fixture.run()).records).toBe(0)
    expect(await archivedLineages(fixture.store, BACKUP_ID, first)).toMatchObject([{ nextOffset: 2n }])
  })

  it('accounts for every offset of a compacted log', async () => {
    const fixture = await backupFixture()
    const { simulation } = fixture.source
    await simulation.append(first, [
      { key: 'k', value: '1' },
      { key: 'other', value: '2' },
      { key: 'k', value: '3' },
    ])
    await simulation.append(first, [{ key: 'k', value: '4' }])
    await simulation.append(first, [{ key: 'k', value: '5' }])
    await simulation.compact(first)
    expect((await fixture.run()).records).toBe(2)
    expect(await values(fixture, 0)).toEqual(['2', '5'])
    expect(await archivedOmissions(fixture.store, BACKUP_ID, first)).toEqual([
      { startOffset: 3n, nextOffset: 4n, reason: 'compacted' },
    ])
  })

  it('ends at a hole that reaches up to its stop', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b', 'c'])
    const fetch = fixture.source.fetch.bind(fixture.source)
    fixture.source.fetch = async (request, options) => {
      const response = await fetch(request, options)
      const isBehind = (offset: bigint, partition: number) => partition === 0 && offset > 0n
      const partitions = response.partitions.map((one, index) =>
        isBehind(request.partitions[index]?.offset ?? 0n, one.partition) ? { ...one, records: Buffer.alloc(0) } : one,
      )
      return { ...response, partitions: partitions.map((one) => ({ ...one, records: firstBatch(one.records) })) }
    }
    await fixture.run()
    expect(await values(fixture, 0)).toEqual(['a'])
    expect(await archivedOmissions(fixture.store, BACKUP_ID, first)).toEqual([
      { startOffset: 1n, nextOffset: 3n, reason: 'compacted' },
    ])
  })

  it('takes emptiness under a quota for nothing', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b', 'c'])
    const fetch = fixture.source.fetch.bind(fixture.source)
    let throttled = 0
    fixture.source.fetch = async (request, options) => {
      const response = await fetch(request, options)
      throttled++
      if (throttled > 6) return response
      const partitions = response.partitions.map((one) => ({ ...one, records: Buffer.alloc(0) }))
      return { partitions, throttleTimeMs: 500 }
    }
    expect((await fixture.run()).records).toBe(3)
  })

  it('reads batches that are larger than any response, and many partitions on a small memory', async () => {
    const fixture = await backupFixture()
    const { simulation } = fixture.source
    await simulation.createTopic('many', { partitionCount: 40 })
    for (let partition = 0; partition < 40; partition++) {
      await simulation.append({ topic: 'many', partition }, [{ value: Buffer.alloc(100_000, partition) }])
    }
    await simulation.createTopic('large', { configs: { 'max.message.bytes': '8000000' } })
    for (const fill of [1, 2, 3]) {
      await simulation.append({ topic: 'large', partition: 0 }, [{ value: Buffer.alloc(5_000_000, fill) }])
    }
    const storage = new OpenPutCounter(fixture.store)
    const result = await fixture.run({ topics: ['large', 'many'], storage, maxMemoryBytes: 4 * 1024 * 1024 })
    expect(result.topics.map(({ topic, records }) => [topic, records])).toEqual([
      ['large', 3],
      ['many', 40],
    ])
    expect(storage.highest).toBeLessThanOrEqual(4)
  })

  it.each(['none', 'zstd'] as const)(
    'uses the memory of blocks again when the store has done with it (%s)',
    async (compression) => {
      const fixture = await backupFixture()
      const sent = Array.from({ length: 100 }, () => randomBytes(50_000).toString('hex'))
      await appendValues(fixture.source, 0, sent)
      const result = await fixture.run({ compression, storage: lateReader(fixture.store) })
      expect(await values(fixture, 0)).toEqual(sent)
      const [lineage] = await archivedLineages(fixture.store, BACKUP_ID, first)
      expect(result.records).toBe(100)
      for (const { key, sha256 } of lineage?.sections ?? []) {
        const object = await fixture.store.get(key)
        expect(createHash('sha256').update(object).digest('hex')).toBe(sha256)
      }
    },
  )

  it('rolls segments by size, and every one but the last has it', async () => {
    const fixture = await backupFixture()
    const value = () => randomBytes(10_000).toString('hex')
    await appendValues(fixture.source, 0, Array.from({ length: 60 }, value))
    const maxSegmentBytes = 100_000
    // Small blocks: what waits to be compressed does not count towards the size of an object yet.
    const result = await fixture.run({ compression: 'none', maxSegmentBytes, maxMemoryBytes: 4 * 1024 * 1024 })
    const [lineage] = await archivedLineages(fixture.store, BACKUP_ID, first)
    expect(result.records).toBe(60)
    expect(await values(fixture, 0)).toHaveLength(60)
    const lengths = lineage?.sections.map(({ length }) => length) ?? []
    expect(lengths.length).toBeGreaterThan(3)
    for (const length of lengths.slice(0, -1)) expect(length).toBeGreaterThanOrEqual(maxSegmentBytes)
  })

  it('rolls segments by age, and commits what is durable while it goes on', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b', 'c'])
    let nowMs = 0
    const environment = { ...impatientEnvironment, nowMs: () => ++nowMs }
    const result = await fixture.run({ maxSegmentAgeMs: 1, commitIntervalMs: 0, environment })
    const [lineage] = await archivedLineages(fixture.store, BACKUP_ID, first)
    expect(lineage?.sections).toHaveLength(3)
    expect(result.commit.sequence).toBeGreaterThan(1)
  })
})

/** Counts the segments that are open at the same time. */
class OpenPutCounter implements BlobStore {
  readonly name = 'counter'
  readonly get: BlobStore['get']
  readonly head: BlobStore['head']
  readonly list: BlobStore['list']
  readonly delete: BlobStore['delete']
  readonly #inner: BlobStore
  #open = 0
  highest = 0

  constructor(inner: BlobStore) {
    this.#inner = inner
    this.get = inner.get.bind(inner)
    this.head = inner.head.bind(inner)
    this.list = inner.list.bind(inner)
    this.delete = inner.delete.bind(inner)
  }

  async put(...args: Parameters<BlobStore['put']>): Promise<void> {
    if (!args[0].includes('/topics/')) return this.#inner.put(...args)
    this.highest = Math.max(this.highest, ++this.#open)
    await this.#inner.put(...args).finally(() => this.#open--)
  }
}

function firstBatch(records: Buffer): Buffer {
  return records.length < 12 ? records : records.subarray(0, records.readInt32BE(8) + 12)
}

describe('a selection', () => {
  it('that names a topic which is not there is an error, and writes nothing', async () => {
    const fixture = await backupFixture()
    await expect(fixture.run({ topics: ['order'] })).rejects.toMatchObject({
      code: 'KB_TOPIC_NOT_FOUND',
      hint: 'did you mean orders?',
    })
    await expect(fixture.run({ topics: ['nothing.*'] })).rejects.toMatchObject({ code: 'KB_NO_TOPICS_MATCHED' })
    expect(fixture.store.keys()).toEqual([])
  })
})

describe('plan', () => {
  it('says what a run would read and writes nothing', async () => {
    const fixture = await backupFixture()
    const { source, store: storage } = fixture
    await appendValues(source, 0, ['a', 'b'])
    const backup = createBackup({ source, storage, backupId: BACKUP_ID, topics: ['orders'] })
    expect(await backup.plan()).toMatchObject({ archive: null, records: 2, warnings: [] })
    expect(fixture.store.keys()).toEqual([])
    await backup.run()
    await appendValues(source, 1, ['c'])
    await source.deleteRecords([{ ...first, beforeOffset: 2n }])
    const plan = await backup.plan()
    expect(plan).toMatchObject({ archive: { sequence: 1 }, records: 1, topics: [{ topic: 'orders', records: 1 }] })
    expect(String(plan)).toMatch(/orders +3 +≤ 1/)
    expect(JSON.parse(JSON.stringify(plan)).topics[0].partitions[1]).toMatchObject({ fromOffset: '0', stopOffset: '1' })
  })
})

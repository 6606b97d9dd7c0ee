import { createHash } from 'node:crypto'
import {
  assertBatchChecksum,
  BATCH_CODECS,
  decodeRecords,
  encodeBatch,
  encodeRecord,
  type KafkaCluster,
  type KafkaRecord,
  readBatches,
} from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTopic,
  produceCorpus,
  produceRawCorpus,
  readAllRecords,
  startKafka,
  type TestKafka,
  type WitnessBytes,
  type WitnessRecord,
} from '../../src/index.ts'

const CASES = ['nulls', 'headers', 'timestamps', 'tombstones:30', 'singles:3', 'plain:500', 'big:1'] as const
const LARGE = { 'max.message.bytes': String(16 << 20), 'retention.ms': '-1' }

const SOURCES = [...BATCH_CODECS, 'raw'] as const

describe('batches on a real broker', () => {
  let broker: TestKafka
  let cluster: KafkaCluster
  const decoded = new Map<string, readonly KafkaRecord[]>()
  let witnessed: readonly WitnessRecord[] = []

  beforeAll(async () => {
    broker = await startKafka({ config: { 'message.max.bytes': String(16 << 20) } })
    cluster = kafka({ brokers: [...broker.bootstrapServers] })
    for (const source of SOURCES) {
      await produceSource(broker, source)
      const records = await fetchedRecords(cluster, source)
      decoded.set(source, records)
      const codec = source === 'raw' ? 'snappy' : source
      await produceBatch(cluster, `${source}-again`, await encodeBatch(records.map(encodeRecord), { codec }))
    }
    const topics = SOURCES.flatMap((source) => [source, `${source}-again`])
    witnessed = await readAllRecords(broker, { topics })
  })
  afterAll(async () => {
    await cluster?.close()
    await broker?.stop()
  })

  const witnessedIn = (name: string) => witnessed.filter(({ topic }) => topic === name)

  it.each(SOURCES)('of %s decode to the records that Java reads', (source) => {
    expect(witnessedIn(source).length).toBeGreaterThan(0)
    expect(decoded.get(source)?.map(asWitness)).toEqual(witnessedIn(source))
  })

  it.each(SOURCES)('of %s, encoded anew, are taken by the broker and are the same records to Java', (source) => {
    expect(witnessedIn(`${source}-again`).map(withoutTopic)).toEqual(witnessedIn(source).map(withoutTopic))
  })
})

/**
 * The corpus in a codec; `raw` is what only other clients make: raw snappy, header keys that are not UTF-8, no
 * timestamps.
 */
async function produceSource(broker: TestKafka, source: (typeof SOURCES)[number]): Promise<void> {
  for (const topic of [source, `${source}-again`]) await createTopic(broker, { topic, config: LARGE })
  if (source === 'raw') {
    await produceRawCorpus(broker, { topic: source, cases: ['no-timestamp', 'raw-snappy', 'non-utf8-headers'] })
  } else {
    await produceCorpus(broker, { topic: source, codec: source, cases: CASES })
  }
}

async function fetchedRecords(cluster: KafkaCluster, topic: string): Promise<readonly KafkaRecord[]> {
  const where = { topic, partition: 0 }
  const records: KafkaRecord[] = []
  for (let offset = 0n; ; ) {
    const partitions = [{ ...where, offset, maxBytes: 1 << 20 }]
    const request = { partitions, maxBytes: 1 << 20, minBytes: 1, maxWaitMs: 500, isolation: 'read_committed' } as const
    const [answer] = (await cluster.fetch(request)).partitions
    for (const batch of readBatches(answer?.records ?? Buffer.alloc(0), where)) {
      assertBatchChecksum(batch, where)
      records.push(...(await decodeRecords(batch, where)))
      offset = batch.nextOffset
    }
    if (answer === undefined || offset >= answer.highWatermark) return records
  }
}

async function produceBatch(cluster: KafkaCluster, topic: string, batch: Buffer): Promise<void> {
  const results = await cluster.produce({ partitions: [{ topic, partition: 0, batch }], timeoutMs: 30_000 })
  expect(results.map(({ error, baseOffset }) => error ?? baseOffset)).toEqual([0n])
}

function asWitness({
  topic,
  partition,
  offset,
  timestamp,
  timestampType,
  key,
  value,
  headers,
}: KafkaRecord): WitnessRecord {
  const seen = headers.map(([name, content]) => [witnessBytes(Buffer.from(name)), witnessBytes(content)] as const)
  return {
    topic,
    partition,
    offset,
    timestamp,
    timestampType,
    key: witnessBytes(key),
    value: witnessBytes(value),
    headers: seen,
  }
}

function witnessBytes(bytes: Buffer | null): WitnessBytes {
  if (bytes === null || bytes.length <= 4_096) return bytes?.toString('hex') ?? null
  return { sha256: createHash('sha256').update(bytes).digest('hex'), length: bytes.length }
}

function withoutTopic({ topic: _, ...record }: WitnessRecord): Omit<WitnessRecord, 'topic'> {
  return record
}

import { createHash } from 'node:crypto'
import type { KafkaRecord } from '@kbackup/core'
import { javaTools } from '../java/java-tools.ts'
import { produceCorpus } from '../java/produce-corpus.ts'
import { createTopic } from '../kafka/create-topic.ts'
import type { TestKafka } from '../kafka/test-kafka.ts'

const INLINE_BYTES = 16
const PARTITIONS = 4

/** Records that a producer sends, and how. */
export interface Load {
  readonly records: number
  readonly recordBytes: number
  readonly properties: readonly string[]
}

/** Compressed batches, large plain ones, and records that came one by one. */
const LOADS: readonly Load[] = [
  { records: 20_000, recordBytes: 1_000, properties: ['compression.type=lz4', 'linger.ms=20'] },
  { records: 20_000, recordBytes: 1_000, properties: ['batch.size=200000', 'linger.ms=20'] },
  { records: 3_000, recordBytes: 100, properties: ['batch.size=1'] },
]

/** Makes a topic of some 35 MB that has all that backups and restores treat differently, transactions included. */
export async function produceCrashTopic(
  kafka: TestKafka,
  topic: string,
  { moreLoads = [], replicas }: { readonly moreLoads?: readonly Load[]; readonly replicas?: number } = {},
): Promise<void> {
  await createTopic(kafka, { topic, partitions: PARTITIONS, replicas })
  const tools = await javaTools(kafka)
  for (const { records, recordBytes, properties } of [...LOADS, ...moreLoads]) {
    const size = ['--num-records', String(records), '--record-size', String(recordBytes), '--throughput', '-1']
    const producer = [`bootstrap.servers=${kafka.plaintextServers.join(',')}`, ...properties]
    await tools.tool('ProducerPerformance', ['--topic', topic, ...size, '--producer-props', ...producer])
  }
  const cases = ['nulls', 'headers', 'committed:50', 'aborted:50', 'interleaved:40', 'tombstones:20'] as const
  await produceCorpus(kafka, { topic, partition: 1, transactionalId: 'crash', cases })
}

/** A record of a partition: where it stands, and all of its content in one text. */
export interface PlacedRecord {
  readonly offset: bigint
  readonly content: string
}

export type TopicContent = ReadonlyMap<number, readonly PlacedRecord[]>

type WitnessLine = Record<string, unknown> & { readonly partition: number; readonly offset: string }

/** The records of a topic by partition, in their order, as a Java consumer reads them. */
export async function contentInKafka(kafka: TestKafka, topic: string): Promise<TopicContent> {
  const tools = await javaTools(kafka)
  const servers = ['--bootstrap', kafka.plaintextServers.join(',')]
  const content = new Map<number, PlacedRecord[]>()
  for await (const text of tools.programLines('RecordDump', [
    ...servers,
    '--inline-bytes',
    String(INLINE_BYTES),
    topic,
  ])) {
    const { partition, offset, timestamp, key, value, headers }: WitnessLine = JSON.parse(text)
    place(content, partition, { offset: BigInt(offset), content: JSON.stringify([timestamp, key, value, headers]) })
  }
  return content
}

/** The same of records that were read from an archive. */
export async function contentOf(records: AsyncIterable<KafkaRecord>): Promise<TopicContent> {
  const content = new Map<number, PlacedRecord[]>()
  for await (const { partition, offset, timestamp, key, value, headers } of records) {
    const told = [
      String(timestamp),
      toldBytes(key),
      toldBytes(value),
      headers.map(([name, bytes]) => [toldBytes(Buffer.from(name)), toldBytes(bytes)]),
    ]
    place(content, partition, { offset, content: JSON.stringify(told) })
  }
  return content
}

function place(content: Map<number, PlacedRecord[]>, partition: number, record: PlacedRecord): void {
  const records = content.get(partition)
  if (records === undefined) content.set(partition, [record])
  else records.push(record)
}

/** Bytes as the Java program prints them. */
function toldBytes(bytes: Buffer | null): unknown {
  if (bytes === null) return null
  if (bytes.length <= INLINE_BYTES) return bytes.toString('hex')
  return { sha256: createHash('sha256').update(bytes).digest('hex'), length: bytes.length }
}

/** What distinguishes two topics, as sentences; offsets count only where they are meant to be the same. */
export function differences(
  found: TopicContent,
  meant: TopicContent,
  { withOffsets }: { readonly withOffsets: boolean },
): readonly string[] {
  return [...meant].flatMap(([partition, records]) => {
    const others = found.get(partition) ?? []
    const index = records.findIndex((record, at) => {
      const other = others[at]
      return other?.content !== record.content || (withOffsets && other.offset !== record.offset)
    })
    if (index < 0 && others.length === records.length) return []
    return [`partition ${partition}: ${others.length} records, ${records.length} meant, different from ${index} on`]
  })
}

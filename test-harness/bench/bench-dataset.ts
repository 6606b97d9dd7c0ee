import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTopic, type TestKafka } from '../src/index.ts'
import { withProgressLine } from '../src/progress-line.ts'
import type { BenchOptions } from './bench-options.ts'
import { eventLines } from './event-payloads.ts'
import { producerPerformance, type ToolCluster } from './reference-tools.ts'

/** The same events in two topics, one of them compressed by its producer. */
export interface BenchDataset {
  readonly kafka: TestKafka & ToolCluster
  readonly plainTopic: string
  readonly lz4Topic: string
  readonly payloadFile: string
  /** Of all record values of a topic, as near as drawing them at random gives. */
  readonly valueBytes: number
}

/** Fills the topics with Kafka's own producer, batches of up to 128 KiB. */
export async function makeDataset(
  kafka: TestKafka,
  { records, partitions, directory }: Pick<BenchOptions, 'records' | 'partitions'> & { readonly directory: string },
): Promise<BenchDataset> {
  const { libs } = kafka
  if (libs === undefined) throw new Error('the benchmarks need the Java tools of Kafka: install Maven and a JDK')
  const cluster = { ...kafka, libs }
  const payloadFile = join(directory, 'events.json')
  const lines = eventLines(records)
  await writeFile(payloadFile, lines)
  const topics = { none: 'bench-plain', lz4: 'bench-lz4' } as const
  for (const compression of ['none', 'lz4'] as const) {
    const topic = topics[compression]
    await createTopic(kafka, { topic, partitions })
    await withProgressLine(`producing ${records} events into ${topic}`, () =>
      producerPerformance(cluster, { topic, records, payloadFile, compression }),
    )
  }
  const lineCount = lines.split('\n').length - 1
  const valueBytes = Math.round(records * (lines.length / lineCount - 1))
  return { kafka: cluster, plainTopic: topics.none, lz4Topic: topics.lz4, payloadFile, valueBytes }
}

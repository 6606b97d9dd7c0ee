import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTopic, startKafka } from '../../src/index.ts'
import { withProgressLine } from '../../src/progress-line.ts'
import { producerPerformance } from '../reference-tools.ts'

const TOPIC = 'bench-partitions'
const RECORD_BYTES = 1_000
/** Many more than a batch holds, so that none is compressed away as a repetition of another. */
const LINES = 20_000

/** A topic of a broker that runs as long as it is measured. */
export interface BackupTopic extends AsyncDisposable {
  readonly servers: readonly string[]
  readonly topic: string
  readonly records: number
  readonly valueBytes: number
}

/**
 * Fills a topic with records that no codec makes smaller, in batches that their producer has compressed: they are stored as
 * they are, so that the segments are as long as the topic, and their times are looked up by decompressing all of them.
 */
export async function openBackupTopic(partitions: number, bytes: number): Promise<BackupTopic> {
  const kafka = await startKafka({ brokers: 1 })
  const directory = await mkdtemp(join(tmpdir(), 'kbackup-bench-'))
  const records = Math.ceil(bytes / RECORD_BYTES)
  try {
    const { libs } = kafka
    if (libs === undefined) throw new Error('the benchmarks need the Java tools of Kafka: install Maven and a JDK')
    const payloadFile = join(directory, 'records.txt')
    await writeFile(payloadFile, randomLines())
    await createTopic(kafka, { topic: TOPIC, partitions })
    const options = { topic: TOPIC, records, payloadFile, compression: 'lz4' } as const
    await withProgressLine(`producing ${records} records into ${TOPIC}`, () =>
      producerPerformance({ ...kafka, libs }, options),
    )
  } catch (error) {
    await kafka.stop()
    throw error
  } finally {
    await rm(directory, { recursive: true })
  }
  const { plaintextServers: servers } = kafka
  const valueBytes = records * RECORD_BYTES
  return { servers, topic: TOPIC, records, valueBytes, [Symbol.asyncDispose]: () => kafka.stop() }
}

function randomLines(): string {
  const bytesOfLine = (RECORD_BYTES * 3) / 4
  return Array.from({ length: LINES }, () => `${randomBytes(bytesOfLine).toString('base64')}\n`).join('')
}

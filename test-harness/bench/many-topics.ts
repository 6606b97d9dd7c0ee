import { readFile } from 'node:fs/promises'
import { encodeBatch, encodeRecord } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import type { BenchDataset } from './bench-dataset.ts'

/** Of each topic. */
const RECORDS_A_TOPIC = 1_000
/** As many events of 850 bytes as come near to 128 KiB. */
const RECORDS_A_BATCH = 150
const TOPICS_A_REQUEST = 50
const TIMEOUT_MS = 60_000

/** Names of topics that begin alike. */
export function manyTopics(prefix: string, records: number): readonly string[] {
  return Array.from({ length: Math.ceil(records / RECORDS_A_TOPIC) }, (_none, index) => `${prefix}-${index}`)
}

/** The events once more, in topics of one partition and a thousand records. */
export async function fillTopics(
  { kafka: { plaintextServers }, payloadFile }: Pick<BenchDataset, 'kafka' | 'payloadFile'>,
  topics: readonly string[],
): Promise<void> {
  const events = (await readFile(payloadFile, 'utf8')).trimEnd().split('\n')
  await using cluster = kafka({ brokers: [...plaintextServers] })
  const settings = { partitionCount: 1, replicationFactor: 1, configs: { 'retention.ms': '-1' } }
  await cluster.createTopics(topics.map((topic) => ({ topic, ...settings })))
  for (let first = 0; first < topics.length; first += TOPICS_A_REQUEST) {
    const some = topics.slice(first, first + TOPICS_A_REQUEST)
    for (let record = 0; record < RECORDS_A_TOPIC; record += RECORDS_A_BATCH) {
      const count = Math.min(RECORDS_A_BATCH, RECORDS_A_TOPIC - record)
      const batches = some.map((_topic, index) => batchOf(events, (first + index) * RECORDS_A_TOPIC + record, count))
      const partitions = (await Promise.all(batches)).map((batch, index) => {
        return { topic: some[index] ?? '', partition: 0, batch }
      })
      const failed = (await cluster.produce({ partitions, timeoutMs: TIMEOUT_MS })).find(({ error }) => error)
      if (failed !== undefined) throw new Error(`${failed.topic}: ${failed.error?.name}`)
    }
  }
}

function batchOf(events: readonly string[], first: number, count: number): Promise<Buffer> {
  const timestamp = BigInt(Date.now())
  const place = { topic: '', partition: 0, offset: 0n, timestamp, timestampType: 'CreateTime' } as const
  const records = Array.from({ length: count }, (_none, index) => {
    const value = Buffer.from(events[(first + index) % events.length] ?? '')
    return encodeRecord({ ...place, key: null, value, headers: [] })
  })
  return encodeBatch(records, { codec: 'none' })
}

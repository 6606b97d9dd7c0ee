import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { kafka } from '@kbackup/kafka-io'
import type { Consumer, EachBatchPayload, KafkaMessage, Producer } from 'kafkajs'
import { plaintextClient, repositoryDirectory, type TestKafka } from '../src/index.ts'
import { PAYMENT_TOPICS, type PaymentRecord } from './payments.ts'
import type { CommandOutcome, Platform, Reader, ReaderOptions, ReadRecord } from './platform.ts'

/** The built command line. */
export const KBACKUP = join('packages', 'cli', 'dist', 'main.js')

/** Where commands run, and what they find there. */
export interface CommandPlace {
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** A real cluster with real clients: the programs of the story use kafkajs, and the commands are processes of their own. */
export async function brokerPlatform(broker: TestKafka, place: CommandPlace): Promise<Platform> {
  const client = plaintextClient(broker.plaintextServers)
  const producer = client.producer({ allowAutoTopicCreation: false })
  const cluster = kafka({ brokers: [...broker.plaintextServers], clientId: 'kbackup-demo' })
  await producer.connect()
  return {
    description: `a real broker: Apache Kafka ${broker.version}, ${PROVIDERS[broker.provider]}`,
    isReal: true,
    bootstrapServer: broker.plaintextServers.join(','),
    cluster,
    produce: (records) => produce(producer, records),
    read: (options) => read(client.consumer({ groupId: options.groupId, maxWaitTimeInMs: 50 }), options),
    kbackup: (args) => runKbackup(args, place),
    [Symbol.asyncDispose]: async () => {
      await producer.disconnect()
      await cluster.close()
      await broker.stop()
    },
  }
}

const PROVIDERS = {
  address: 'at the address in KBACKUP_TEST_KAFKA',
  container: 'started here in a container',
  java: 'started here as a Java process',
} as const

async function produce(producer: Producer, records: readonly PaymentRecord[]): Promise<void> {
  const topics = PAYMENT_TOPICS.map((topic) => ({
    topic,
    messages: records.filter((record) => record.topic === topic).map(kafkajsMessage),
  }))
  await producer.sendBatch({ topicMessages: topics.filter(({ messages }) => messages.length > 0) })
}

function kafkajsMessage({ partition, key, value, trace, timestampMs }: PaymentRecord) {
  return { partition, key, value, headers: { trace }, timestamp: String(timestampMs) }
}

async function read(consumer: Consumer, options: ReaderOptions): Promise<Reader> {
  const reader = { failure: undefined as unknown, stop: () => consumer.disconnect() }
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) reader.failure = payload.error
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [...options.topics], fromBeginning: true })
  await consumer.run({ autoCommit: false, eachBatch: (payload) => readBatch(consumer, payload, options) })
  return reader
}

async function readBatch(consumer: Consumer, { batch }: EachBatchPayload, options: ReaderOptions): Promise<void> {
  const { topic, partition } = batch
  await options.onRecords(batch.messages.map((message) => readRecord(message, { topic, partition })))
  const offset = BigInt(batch.lastOffset()) + 1n
  const sentAtMs = Date.now()
  await consumer.commitOffsets([{ topic, partition, offset: String(offset) }])
  options.onCommit({ topic, partition, offset, sentAtMs, acknowledgedAtMs: Date.now() })
}

function readRecord(message: KafkaMessage, where: { readonly topic: string; readonly partition: number }): ReadRecord {
  const { key, value, headers, timestamp, offset } = message
  const trace = headers?.trace
  return {
    ...where,
    key: String(key),
    value: String(value),
    trace: String(trace),
    timestampMs: Number(timestamp),
    offset: BigInt(offset),
  }
}

async function runKbackup(
  args: readonly string[],
  { directory, environment, signal }: CommandPlace,
): Promise<CommandOutcome> {
  const program = join(repositoryDirectory, KBACKUP)
  const child = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env: { ...process.env, ...environment },
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { status: child.exitCode ?? 1, stdout, stderr }
}

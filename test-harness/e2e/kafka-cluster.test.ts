import { kafkaClusterContract } from '@kbackup/core/testing'
import { kafka } from '@kbackup/kafka-io'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type KafkaOptions, startKafka, type TestKafka } from '../src/index.ts'

const CLUSTERS: readonly (readonly [name: string, options: KafkaOptions])[] = [
  ['one broker of the newest version', {}],
  ['one broker of 3.9', { version: '3.9.1' }],
  ['three brokers', { brokers: 3 }],
]

describe.each(CLUSTERS)('kafka() keeps the promises of KafkaCluster, on %s', (_name, options) => {
  let running: TestKafka
  beforeAll(async () => {
    running = await startKafka(options)
  })
  afterAll(() => running?.stop())

  for (const { name, run } of kafkaClusterContract(() => kafka({ brokers: [...running.bootstrapServers] })))
    it(name, run)
})

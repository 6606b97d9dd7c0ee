import { kafkaClusterContract } from '@kbackup/core/testing'
import { kafka } from '@kbackup/kafka-io'
import { startKafka, type TestKafka } from '@kbackup/test-harness'
import { afterAll, beforeAll, describe, it } from 'vitest'

describe('the cluster contract, on one broker', () => {
  let running: TestKafka
  beforeAll(async () => {
    running = await startKafka()
  })
  afterAll(() => running.stop())

  for (const { name, run } of kafkaClusterContract(() => kafka({ brokers: [...running.bootstrapServers] })))
    it(name, run)
})

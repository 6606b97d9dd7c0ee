import { describe, it } from 'vitest'
import { kafkaClusterContract } from './kafka-cluster-contract.ts'
import { MemoryKafkaCluster } from './memory-kafka-cluster.ts'

describe('MemoryKafkaCluster keeps the contract of a cluster:', () => {
  const cluster = new MemoryKafkaCluster({ brokerCount: 3 })
  for (const { name, run } of kafkaClusterContract(() => cluster)) it(name, run)
})

export type { BlobCall, BlobFault, BlobFaultSchedule, BlobOperation, ScriptedBlobFault } from './blob-fault.ts'
export { scriptedBlobFaults } from './blob-fault.ts'
export { type BlobStoreCase, type BlobStoreContractOptions, blobStoreContract } from './blob-store-contract.ts'
export type { ContractCase } from './contract-case.ts'
export { type BlobLogEntry, FaultBlobStore, type FaultBlobStoreOptions } from './fault-blob-store.ts'
export { kafkaClusterContract } from './kafka-cluster-contract.ts'
export { MemoryBlobStore, type MemoryBlobStoreOptions } from './memory-blob-store.ts'
export type { BrokerErrorName } from './memory-kafka/broker-error.ts'
export type { BrokerApi, BrokerFault, BrokerFaults, ScheduledBrokerFault } from './memory-kafka/broker-faults.ts'
export type { AppendOptions, ClusterSimulation } from './memory-kafka/cluster-simulation.ts'
export type { TestGroupMember } from './memory-kafka/group-table.ts'
export type { MemoryKafkaClusterOptions } from './memory-kafka/memory-brokers.ts'
export type { MemoryTransaction } from './memory-kafka/memory-transaction.ts'
export { encodeTestBatch, type TestBatchOptions, type TestRecord } from './memory-kafka/test-record.ts'
export { MemoryKafkaCluster } from './memory-kafka-cluster.ts'
export { type ScriptedAnswer, type ScriptedRequest, ScriptedService } from './scripted-service.ts'
export { type SeededBlobFaultsOptions, seededBlobFaults } from './seeded-blob-faults.ts'
export { seededRandom } from './seeded-random.ts'
export type { CheckStep } from './storage-check/check-context.ts'
export { type CheckStorageOptions, checkStorage } from './storage-check/check-storage.ts'
export type {
  OperationFigures,
  PromiseCheck,
  PromiseGroup,
  RightCheck,
  StorageCheckReport,
  StorageRole,
} from './storage-check/storage-check-report.ts'

export { unpackSection } from './archive/unpack-section.ts'
export { cacheDirectory, repositoryDirectory } from './cache-directory.ts'
export { type JavaProgram, type JavaTools, javaTools, type KafkaTool } from './java/java-tools.ts'
export {
  type CorpusCase,
  type CorpusOptions,
  type ProducedRecord,
  produceCorpus,
  produceRawCorpus,
  type RawCase,
  type RawCorpusOptions,
} from './java/produce-corpus.ts'
export { type ReadRecordsOptions, readAllRecords, readRecords, type ToolTarget } from './java/read-records.ts'
export type { WitnessBytes, WitnessRecord } from './java/witness-record.ts'
export { allow, type Right } from './kafka/allow.ts'
export { CertificateAuthority, type CertificateRequest, type IssuedCertificate } from './kafka/certificate-authority.ts'
export { createTopic, type TopicOptions } from './kafka/create-topic.ts'
export { kcat, kcatInstalled } from './kafka/kcat.ts'
export { plaintextClient } from './kafka/plaintext-client.ts'
export { DEFAULT_KAFKA_VERSION, startKafka } from './kafka/start-kafka.ts'
export type {
  KafkaOptions,
  KafkaProvider,
  KafkaSecurity,
  KafkaUser,
  ListenerSecurity,
  SaslMechanism,
  SecurityProtocol,
  TestBroker,
  TestKafka,
} from './kafka/test-kafka.ts'
export { freePorts } from './network/free-ports.ts'
export { commandLines } from './process/command-lines.ts'
export { OwnedProcess, type OwnedProcessOptions } from './process/owned-process.ts'
export { type CommandOptions, type CommandOutput, runCommand } from './process/run-command.ts'
export { scaled } from './scaled.ts'
export { startAzure } from './storage/start-azure.ts'
export { startGcs } from './storage/start-gcs.ts'
export { startS3 } from './storage/start-s3.ts'
export { startS3WithUsers } from './storage/start-s3-with-users.ts'
export type { TestAzure } from './storage/test-azure.ts'
export type { TestGcs } from './storage/test-gcs.ts'
export type { S3UserKeys, StoreProvider, TestS3, TestS3WithUsers } from './storage/test-s3.ts'

export { startKafka } from './kafka/start-kafka.ts'
export type { KafkaOptions, KafkaSecurity, KafkaUser, TestBroker, TestKafka } from './kafka/test-kafka.ts'

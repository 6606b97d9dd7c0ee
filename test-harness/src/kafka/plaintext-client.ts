import { Kafka, logLevel } from 'kafkajs'

/** A quiet kafkajs client over listeners without protection: for what tests arrange, never for what they prove. */
export function plaintextClient(servers: readonly string[]): Kafka {
  return new Kafka({
    brokers: [...servers],
    clientId: 'kbackup-harness',
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 1_000 },
  })
}

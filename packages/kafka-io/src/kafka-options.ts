import { type OptionKind, optionKinds } from '@kbackup/core'
import type { KafkaConfig, RetryOptions } from 'kafkajs'

const { text, number, flag, callback, texts, record, section, either, required } = optionKinds

/** What {@link kafka} takes: the configuration of a kafkajs client. */
export type KafkaOptions = Omit<KafkaConfig, 'logLevel' | 'logCreator' | 'enforceRequestTimeout'>

const RETRY_KIND = section({
  initialRetryTime: number,
  maxRetryTime: number,
  retries: number,
  // Fields of kafkajs that configurations bring along; waits grow in their own way here.
  factor: number,
  multiplier: number,
  restartOnFailure: callback,
} satisfies Record<keyof RetryOptions, OptionKind>)

/** What each option may be; what is inside `ssl` belongs to Node.js, and `sasl` is looked at where it is read. */
export const KAFKA_OPTIONS = {
  brokers: required(either({ ...texts, expected: 'a list of host:port' }, callback)),
  clientId: text,
  ssl: either(flag, { ...record, expected: 'the options of tls.connect' }),
  sasl: record,
  connectionTimeout: number,
  authenticationTimeout: number,
  reauthenticationThreshold: number,
  requestTimeout: number,
  retry: RETRY_KIND,
  socketFactory: callback,
} satisfies Record<keyof KafkaOptions, OptionKind>

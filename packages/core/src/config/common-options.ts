import type { CallOptions } from '../kafka/kafka-cluster.ts'
import { type OptionKind, optionKinds } from './option-kinds.ts'
import type { TopicSelection } from './topic-selection.ts'

const { text, texts, number, callback, anything, either, section, required, objectWith } = optionKinds

export const CALL_OPTIONS = { signal: optionKinds.signal } satisfies Record<keyof CallOptions, OptionKind>

export const RUN_OPTIONS = { ...CALL_OPTIONS, onEvent: callback }

export const STORE_KIND = objectWith(['put', 'get', 'list'], "a store, for instance fs({ directory: './backups' })")

export const CLUSTER_KIND = objectWith(
  ['describeCluster', 'fetch', 'produce'],
  "a cluster, for instance kafka({ brokers: ['localhost:9092'] })",
)

export const LOGGER_KIND = objectWith(['debug', 'info', 'warn', 'error'], 'a logger with debug, info, warn and error')

export const ENVIRONMENT_KIND = objectWith(
  ['nowMs', 'nonce', 'random', 'sleep'],
  'an object { nowMs, nonce, random, sleep }',
)

export const TOPICS_KIND = either(
  { ...texts, expected: 'a list of topics' },
  section({ include: required(texts), exclude: texts } satisfies Record<keyof TopicSelection, OptionKind>),
)

/** Both ends are looked at by `instantToMs`. */
export const WINDOW_KIND = section({ start: anything, end: anything })

export const COMMIT_REFERENCE_KIND = section({ sequence: required(number), sha256: required(text) })

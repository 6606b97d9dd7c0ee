import { KbackupError } from '@kbackup/core'
import type { ISocketFactory, KafkaConfig } from 'kafkajs'
import { type BrokerAddress, parseAddress } from './broker-address.ts'
import { FrameMemory } from './frame-memory.ts'

/** What every connection of a cluster is made with. */
export interface ConnectionSettings {
  readonly clientId: string
  readonly ssl: Exclude<KafkaConfig['ssl'], undefined | false> | null
  readonly sasl: NonNullable<KafkaConfig['sasl']> | null
  /** Until TCP and TLS stand. */
  readonly connectionTimeoutMs: number
  readonly authenticationTimeoutMs: number
  /** A session is authenticated anew when this much of its life is left (KIP-368). */
  readonly reauthenticationThresholdMs: number
  readonly requestTimeoutMs: number
  readonly socketFactory: ISocketFactory | undefined
  /** For the answers of all brokers. */
  readonly frames: FrameMemory
}

/** Reads the kafkajs shape, with defaults that suit links between data centres. */
export function connectionSettings(config: KafkaConfig): ConnectionSettings {
  return {
    clientId: config.clientId ?? 'kbackup',
    ssl: config.ssl ? config.ssl : null,
    // A copy, because kafkajs keeps its authenticator in it.
    sasl: config.sasl ? { ...config.sasl } : null,
    connectionTimeoutMs: config.connectionTimeout ?? 10_000,
    authenticationTimeoutMs: config.authenticationTimeout ?? 10_000,
    reauthenticationThresholdMs: config.reauthenticationThreshold ?? 10_000,
    requestTimeoutMs: config.requestTimeout ?? 30_000,
    socketFactory: config.socketFactory,
    frames: new FrameMemory(),
  }
}

/** The brokers to begin with. Throws `KB_CONFIG_INVALID` where there is none. */
export async function bootstrapAddresses(brokers: KafkaConfig['brokers']): Promise<readonly BrokerAddress[]> {
  const names = typeof brokers === 'function' ? await brokers() : brokers
  if (names.length > 0) return names.map(parseAddress)
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: 'no broker is named',
    hint: 'name at least one in `brokers`, as host:port',
  })
}

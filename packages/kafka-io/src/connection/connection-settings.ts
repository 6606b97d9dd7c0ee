import { KbackupError } from '@kbackup/core'
import type { ISocketFactory, KafkaConfig } from 'kafkajs'
import { type SaslSettings, saslSettings } from '../security/sasl-settings.ts'
import { type BrokerAddress, parseAddress } from './broker-address.ts'
import { FrameMemory } from './frame-memory.ts'
import { type TlsSettings, tlsSettings } from './tls-settings.ts'

/** What every connection of a cluster is made with. */
export interface ConnectionSettings {
  readonly clientId: string
  /** `null` without TLS. Throws `KB_KAFKA_TLS` where keys and certificates cannot be used. */
  readonly tls: () => TlsSettings | null
  readonly sasl: SaslSettings | null
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

/** Reads the kafkajs shape, with defaults that suit links between data centres. Throws `KB_CONFIG_INVALID`. */
export function connectionSettings(config: KafkaConfig): ConnectionSettings {
  return {
    clientId: config.clientId ?? 'kbackup',
    tls: onFirstUse(() => (config.ssl ? tlsSettings(config.ssl) : null)),
    sasl: config.sasl ? saslSettings(config.sasl) : null,
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

function onFirstUse<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

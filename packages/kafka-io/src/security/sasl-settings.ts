import type { KafkaConfig } from 'kafkajs'
import { invalidSetting } from './invalid-setting.ts'
import { oauthBearerMechanism } from './oauth-bearer.ts'
import { spelledAs } from './spelled-as.ts'

/** What the connections of kafkajs take, whatever else there is in it for the mechanism. */
export interface SaslSettings {
  readonly mechanism: string
}

const LOGIN = ['username', 'password'] as const
const CREDENTIALS = {
  plain: LOGIN,
  'scram-sha-256': LOGIN,
  'scram-sha-512': LOGIN,
  aws: ['authorizationIdentity', 'accessKeyId', 'secretAccessKey'],
  oauthbearer: ['oauthBearerProvider'],
} as const
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512', 'aws', 'oauthbearer'] as const

/**
 * The SASL part of a configuration, checked as far as can be without a broker. It is a copy, because kafkajs keeps its
 * authenticator in it.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for a mechanism that is not known, and where its credentials are missing.
 */
export function saslSettings(sasl: NonNullable<KafkaConfig['sasl']>): SaslSettings {
  if ('authenticationProvider' in sasl) return { ...sasl }
  const mechanism = spelledAs(String(sasl.mechanism), MECHANISMS)
  if (mechanism === undefined) {
    throw invalidSetting('sasl.mechanism', 'is not one that is known', `use one of ${MECHANISMS.join(', ')}`)
  }
  const given = new Map<string, unknown>(Object.entries(sasl))
  for (const name of CREDENTIALS[mechanism]) {
    if (isGiven(given.get(name))) continue
    throw invalidSetting(
      `sasl.${name}`,
      'is missing',
      `the mechanism ${mechanism} needs ${CREDENTIALS[mechanism].join(', ')}`,
    )
  }
  return 'oauthBearerProvider' in sasl ? oauthBearerMechanism(sasl) : { ...sasl, mechanism }
}

function isGiven(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'string' && value !== '')
}

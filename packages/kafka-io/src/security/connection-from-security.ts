import { readFileSync } from 'node:fs'
import type { KafkaConfig, SASLOptions } from 'kafkajs'
import { invalidSetting } from './invalid-setting.ts'
import { OAUTH_SETTINGS, type OauthSettings, tokenSource } from './oauth-settings.ts'
import { spelledAs } from './spelled-as.ts'

/** The `security` section of a configuration file, in the words of librdkafka. */
export interface SecuritySettings extends OauthSettings {
  /** `PLAINTEXT` (the default), `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`, in any case and with any sign between. */
  readonly security_protocol?: string | undefined
  /** `PLAIN` (the default), `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`, in any case and with any sign between, or none. */
  readonly sasl_mechanism?: string | undefined
  readonly sasl_username?: string | undefined
  readonly sasl_password?: string | undefined
  /** A PEM file with the certificates to trust; without it those that Node.js trusts. */
  readonly ssl_ca_location?: string | undefined
  /** PEM files of the client's own certificate and key, for mutual TLS. */
  readonly ssl_certificate_location?: string | undefined
  readonly ssl_key_location?: string | undefined
  readonly ssl_key_password?: string | undefined
}

/** The security part of a kafkajs configuration. */
export type ConnectionSecurity = Pick<KafkaConfig, 'ssl' | 'sasl'>

type Setting = keyof SecuritySettings

const PROTOCOLS = {
  PLAINTEXT: { ssl: false, sasl: false },
  SSL: { ssl: true, sasl: false },
  SASL_PLAINTEXT: { ssl: false, sasl: true },
  SASL_SSL: { ssl: true, sasl: true },
} as const
const PROTOCOL_NAMES = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
const PASSWORD_MECHANISMS = {
  PLAIN: 'plain',
  'SCRAM-SHA-256': 'scram-sha-256',
  'SCRAM-SHA-512': 'scram-sha-512',
} as const
const MECHANISM_NAMES = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const

const PEM_BEGINNING = '-----BEGIN '
const PEM_HINT = 'give the path of a PEM file'

const SSL_SETTINGS: readonly Setting[] = [
  'ssl_ca_location',
  'ssl_certificate_location',
  'ssl_key_location',
  'ssl_key_password',
]
const LOGIN_SETTINGS: readonly Setting[] = ['sasl_username', 'sasl_password']
const SASL_SETTINGS: readonly Setting[] = ['sasl_mechanism', ...LOGIN_SETTINGS, ...OAUTH_SETTINGS]

/**
 * Reads the `security` section of a configuration file into what {@link kafka} takes, PEM files included. The
 * certificate of the broker is always checked.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for a value that is not known, missing credentials, a file that cannot be
 *   read, and a setting that the protocol would leave without effect; `details.key` names the setting, never its value
 *   where that is a secret.
 *
 * @example
 * ```ts
 * import { connectionFromSecurity, kafka } from '@kbackup/kafka-io'
 *
 * const security = { security_protocol: 'SASL_SSL', sasl_username: 'backup', sasl_password: process.env.KAFKA_PASSWORD }
 * const cluster = kafka({ brokers: ['kafka-1:9093'], ...connectionFromSecurity(security) })
 * ```
 */
export function connectionFromSecurity(settings: SecuritySettings): ConnectionSecurity {
  const name = settings.security_protocol ?? 'PLAINTEXT'
  const protocol = PROTOCOLS[known('security_protocol', name, PROTOCOL_NAMES)]
  if (!protocol.ssl) refuseUnused(settings, SSL_SETTINGS, name)
  if (!protocol.sasl) refuseUnused(settings, SASL_SETTINGS, name)
  return {
    ...(protocol.ssl ? { ssl: tlsOptions(settings) } : {}),
    ...(protocol.sasl ? { sasl: saslOptions(settings) } : {}),
  }
}

function tlsOptions(settings: SecuritySettings): NonNullable<KafkaConfig['ssl']> {
  const { ssl_ca_location, ssl_certificate_location, ssl_key_location, ssl_key_password } = settings
  if ((ssl_certificate_location === undefined) !== (ssl_key_location === undefined)) {
    const key = ssl_key_location === undefined ? 'ssl_key_location' : 'ssl_certificate_location'
    throw invalidSetting(key, 'is missing', 'mutual TLS needs both ssl_certificate_location and ssl_key_location')
  }
  return {
    ...(ssl_ca_location === undefined ? {} : { ca: [readPem('ssl_ca_location', ssl_ca_location)] }),
    ...(ssl_certificate_location === undefined
      ? {}
      : { cert: readPem('ssl_certificate_location', ssl_certificate_location) }),
    ...(ssl_key_location === undefined ? {} : { key: readPem('ssl_key_location', ssl_key_location) }),
    ...(ssl_key_password === undefined ? {} : { passphrase: ssl_key_password }),
  }
}

function saslOptions(settings: SecuritySettings): SASLOptions {
  const mechanism = known('sasl_mechanism', settings.sasl_mechanism ?? 'PLAIN', MECHANISM_NAMES)
  refuseOtherMechanism(settings, mechanism)
  if (mechanism === 'OAUTHBEARER') return { mechanism: 'oauthbearer', oauthBearerProvider: tokenSource(settings) }
  return {
    mechanism: PASSWORD_MECHANISMS[mechanism],
    username: required('sasl_username', settings.sasl_username),
    password: required('sasl_password', settings.sasl_password),
  }
}

function refuseOtherMechanism(settings: SecuritySettings, mechanism: string): void {
  const others = mechanism === 'OAUTHBEARER' ? LOGIN_SETTINGS : OAUTH_SETTINGS
  const unused = others.find((key) => settings[key] !== undefined)
  if (unused === undefined) return
  throw invalidSetting(unused, `has no effect with ${mechanism}`, 'set another sasl_mechanism, or leave it out')
}

function known<Word extends string>(key: Setting, name: string, words: readonly Word[]): Word {
  const word = spelledAs(name, words)
  if (word !== undefined) return word
  throw invalidSetting(key, 'is not one of the values that are known', `use one of ${words.join(', ')}`)
}

function required(key: Setting, value: string | undefined): string {
  if (value !== undefined && value !== '') return value
  throw invalidSetting(key, 'is missing', 'the SASL protocols need sasl_username and sasl_password')
}

function refuseUnused(settings: SecuritySettings, keys: readonly Setting[], protocol: string): void {
  const unused = keys.find((key) => settings[key] !== undefined)
  if (unused === undefined) return
  const kind = unused.startsWith('ssl') ? 'SSL or SASL_SSL' : 'SASL_SSL or SASL_PLAINTEXT'
  throw invalidSetting(unused, `has no effect with ${protocol}`, `set security_protocol to ${kind}, or leave it out`)
}

function readPem(key: Setting, path: string): Buffer {
  // It may be a private key: it is not repeated.
  if (path.includes(PEM_BEGINNING)) throw invalidSetting(key, 'holds PEM text', PEM_HINT)
  const content = readFile(key, path)
  if (content.includes(PEM_BEGINNING)) return content
  throw invalidSetting(key, `names ${path}, which is no PEM file`, `${PEM_HINT}, which begins with ${PEM_BEGINNING}`)
}

function readFile(key: Setting, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw invalidSetting(key, `names ${path}, which cannot be read: ${code}`, PEM_HINT)
  }
}

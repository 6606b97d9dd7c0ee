import type { CertificateAuthority, IssuedCertificate } from './certificate-authority.ts'
import type { KafkaSecurity, KafkaUser, ListenerSecurity, SaslMechanism } from './test-kafka.ts'

/** The listener that {@link KafkaSecurity} itself describes. */
export const FIRST_LISTENER = 'SECURED'

/** One protected listener with what it shows of itself. */
export interface ProtectedListener {
  readonly name: string
  readonly security: ListenerSecurity
  readonly certificate: IssuedCertificate | undefined
}

/** What protects the listeners of a cluster. */
export interface ClusterProtection {
  readonly listeners: readonly ProtectedListener[]
  readonly users: readonly KafkaUser[]
  readonly authority: CertificateAuthority
}

const SCRAM_MECHANISMS: readonly SaslMechanism[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512']
const DEFAULT_MECHANISMS: readonly SaslMechanism[] = ['PLAIN', ...SCRAM_MECHANISMS]
const LOGIN_MODULES: Readonly<Record<SaslMechanism, string>> = {
  PLAIN: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  'SCRAM-SHA-256': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  'SCRAM-SHA-512': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  // Without further settings it takes tokens that nobody signed.
  OAUTHBEARER: 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule',
}
const SAFE_WORD = /^[\w.-]+$/

/** Issues the certificates that the listeners show. */
export async function clusterProtection(
  security: KafkaSecurity | undefined,
  authority: CertificateAuthority | undefined,
): Promise<ClusterProtection | undefined> {
  if (security === undefined || authority === undefined) return undefined
  const listeners = Object.entries({ [FIRST_LISTENER]: security, ...security.listeners })
  return {
    authority,
    users: safeUsers(security.users ?? []),
    listeners: await Promise.all(
      listeners.map(async ([name, listener]) => {
        const validity = listener.brokerCertificate ?? 'now'
        const certificate = usesTls(listener) ? await authority.issue({ commonName: 'broker', validity }) : undefined
        return { name, security: listener, certificate }
      }),
    ),
  }
}

/** The properties of the protected listeners. */
export function listenerSecurity(protection: ClusterProtection | undefined): Readonly<Record<string, string>> {
  if (protection === undefined) return {}
  const mechanisms = new Set(protection.listeners.flatMap(({ security }) => mechanismsOf(security)))
  const properties = protection.listeners.flatMap((listener) => [
    ...tlsProperties(listener, protection.authority),
    ...saslProperties(listener, protection.users),
  ])
  return {
    ...(mechanisms.size === 0 ? {} : { 'sasl.enabled.mechanisms': [...mechanisms].join(',') }),
    ...Object.fromEntries(properties),
  }
}

/** Arguments of `StorageTool format` that put the users' SCRAM credentials into the cluster's first metadata. */
export function scramArguments(protection: ClusterProtection | undefined): readonly string[] {
  return (protection?.users ?? []).flatMap(({ username, password }) =>
    SCRAM_MECHANISMS.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${username},password=${password}]`]),
  )
}

type Property = readonly [name: string, value: string]

function tlsProperties(
  { name, certificate, security }: ProtectedListener,
  authority: CertificateAuthority,
): readonly Property[] {
  if (certificate === undefined) return []
  const of = (property: string) => `listener.name.${name.toLowerCase()}.ssl.${property}`
  return [
    [of('keystore.type'), 'PEM'],
    [of('keystore.certificate.chain'), certificate.certificate],
    [of('keystore.key'), certificate.privateKey],
    [of('truststore.type'), 'PEM'],
    [of('truststore.certificates'), authority.certificate],
    [of('client.auth'), security.clientCertificate ?? 'none'],
  ]
}

function saslProperties({ name, security }: ProtectedListener, users: readonly KafkaUser[]): readonly Property[] {
  const mechanisms = mechanismsOf(security)
  if (mechanisms.length === 0) return []
  const prefix = `listener.name.${name.toLowerCase()}`
  return [
    [`${prefix}.sasl.enabled.mechanisms`, mechanisms.join(',')],
    ...mechanisms.map((mechanism): Property => {
      return [`${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config`, login(mechanism, users)]
    }),
  ]
}

function login(mechanism: SaslMechanism, users: readonly KafkaUser[]): string {
  const options = users.map(({ username, password }) => ` user_${username}="${password}"`)
  return `${LOGIN_MODULES[mechanism]} required${mechanism === 'PLAIN' ? options.join('') : ''};`
}

function mechanismsOf({ protocol, mechanisms }: ListenerSecurity): readonly SaslMechanism[] {
  return protocol === 'SSL' ? [] : (mechanisms ?? DEFAULT_MECHANISMS)
}

function usesTls({ protocol }: ListenerSecurity): boolean {
  return protocol !== 'SASL_PLAINTEXT'
}

function safeUsers(users: readonly KafkaUser[]): readonly KafkaUser[] {
  for (const word of users.flatMap(({ username, password }) => [username, password])) {
    if (!SAFE_WORD.test(word))
      throw new Error('names and passwords of test users are letters, digits, "-", "_" and "."')
  }
  return users
}

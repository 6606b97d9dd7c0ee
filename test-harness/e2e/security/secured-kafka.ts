import type { KafkaOptions } from '@kbackup/kafka-io'
import { startKafka, type TestKafka } from '../../src/index.ts'

/** May do everything. */
export const BACKUP = { username: 'backup', password: 'correct-horse' }
/** May do everything, and little of it at a time once it has a quota. */
export const SLOW = { username: 'slow', password: 'snail-mail' }
/** May do what it is given the right to. */
export const LIMITED = { username: 'limited', password: 'battery-staple' }

/** How long brokers hold an authentication for good. */
const SESSION_MS = 3_000

/** One broker that listens in every way there is, authorizes, and ends sessions after three seconds. */
export function startSecuredKafka(): Promise<TestKafka> {
  return startKafka({
    security: {
      protocol: 'SASL_SSL',
      users: [BACKUP, SLOW, LIMITED],
      listeners: {
        TLS: { protocol: 'SSL' },
        MUTUAL: { protocol: 'SSL', clientCertificate: 'required' },
        EXPIRED: { protocol: 'SSL', brokerCertificate: 'expired' },
        PASSWORDS: { protocol: 'SASL_PLAINTEXT' },
        TOKENS: { protocol: 'SASL_SSL', mechanisms: ['OAUTHBEARER'] },
      },
    },
    config: {
      'connections.max.reauth.ms': String(SESSION_MS),
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:backup;User:slow;User:CN=backup',
    },
  })
}

export type Listener = 'SECURED' | 'TLS' | 'MUTUAL' | 'EXPIRED' | 'PASSWORDS' | 'TOKENS'

/** Options that lead to a listener; TLS is trusted where the listener speaks it. */
export function leadingTo(kafka: TestKafka, listener: Listener): Pick<KafkaOptions, 'brokers' | 'ssl'> {
  const brokers = [...(kafka.listeners[listener] ?? [])]
  return listener === 'PASSWORDS' ? { brokers } : { brokers, ssl: trust(kafka) }
}

/** Trusts the authority of the cluster. */
export function trust(kafka: TestKafka): { readonly ca: string[] } {
  return { ca: [kafka.authority?.certificate ?? ''] }
}

/** A token that nobody signed, good for some seconds. */
export function bearerToken(username: string, { validForS = 3_600 } = {}): string {
  const nowS = Math.floor(Date.now() / 1_000)
  const parts = [{ alg: 'none' }, { sub: username, iat: nowS - 7_200, exp: nowS + validForS }]
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
}

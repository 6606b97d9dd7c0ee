import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrokerRuntime } from './broker-runtime.ts'
import type { KafkaSecurity, KafkaUser } from './test-kafka.ts'

/** The key store of the brokers, and the certificate with which clients know them. */
export interface TlsMaterial {
  readonly keyStore: string
  readonly password: string
  /** PEM; the brokers' certificate vouches for itself. */
  readonly certificateAuthority: string
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const STORE_PASSWORD = 'kbackup-test'
const SAFE_WORD = /^[\w.-]+$/

/** Whether the protected listener speaks TLS. */
export function usesTls(security: KafkaSecurity | undefined): boolean {
  return security?.protocol === 'SSL' || security?.protocol === 'SASL_SSL'
}

/** Where the certificate of a cluster is made. */
export interface TlsMaterialOptions {
  readonly directory: string
  readonly runtime: BrokerRuntime
  readonly signal: AbortSignal | undefined
}

/** Makes the brokers' key and certificate, for 127.0.0.1 and localhost. */
export async function createTlsMaterial({ directory, runtime, signal }: TlsMaterialOptions): Promise<TlsMaterial> {
  const keyStore = join(directory, 'brokers.p12')
  const certificate = join(directory, 'brokers.pem')
  const store = ['-alias', 'brokers', '-keystore', keyStore, '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD]
  const subject = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-dname', 'CN=localhost', '-validity', '30']
  const names = ['-ext', 'san=ip:127.0.0.1,dns:localhost', '-ext', 'bc:c=ca:true']
  await runtime.keytool(['-genkeypair', ...store, ...subject, ...names], signal)
  await runtime.keytool(['-exportcert', '-rfc', '-file', certificate, ...store], signal)
  return { keyStore, password: STORE_PASSWORD, certificateAuthority: await readFile(certificate, 'utf8') }
}

/** The properties of the listener `SECURED`. */
export function listenerSecurity(
  security: KafkaSecurity | undefined,
  tls: TlsMaterial | undefined,
): Readonly<Record<string, string>> {
  if (security === undefined) return {}
  return {
    ...(tls === undefined ? {} : keyStoreProperties(tls)),
    ...(usesSasl(security) ? saslProperties(security) : {}),
  }
}

/** Arguments of `StorageTool format` that put the users' SCRAM credentials into the cluster's first metadata. */
export function scramArguments(security: KafkaSecurity | undefined): readonly string[] {
  if (security === undefined || !usesSasl(security)) return []
  return usersOf(security).flatMap(({ username, password }) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`,
    ]),
  )
}

function usesSasl(security: KafkaSecurity): boolean {
  return security.protocol !== 'SSL'
}

function keyStoreProperties(tls: TlsMaterial): Readonly<Record<string, string>> {
  return {
    'listener.name.secured.ssl.keystore.type': 'PKCS12',
    'listener.name.secured.ssl.keystore.location': tls.keyStore,
    'listener.name.secured.ssl.keystore.password': tls.password,
    'listener.name.secured.ssl.key.password': tls.password,
  }
}

function saslProperties(security: KafkaSecurity): Readonly<Record<string, string>> {
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  return {
    'sasl.enabled.mechanisms': MECHANISMS.join(','),
    'listener.name.secured.sasl.enabled.mechanisms': MECHANISMS.join(','),
    'listener.name.secured.plain.sasl.jaas.config': plainLogin(usersOf(security)),
    'listener.name.secured.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.secured.scram-sha-512.sasl.jaas.config': scram,
  }
}

function plainLogin(users: readonly KafkaUser[]): string {
  const entries = users.map(({ username, password }) => `user_${username}="${password}"`)
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${entries.join(' ')};`
}

function usersOf(security: KafkaSecurity): readonly KafkaUser[] {
  const users = security.users ?? []
  if (users.length === 0) throw new Error(`a listener with ${security.protocol} needs users`)
  for (const word of users.flatMap(({ username, password }) => [username, password])) {
    if (!SAFE_WORD.test(word))
      throw new Error('names and passwords of test users are letters, digits, "-", "_" and "."')
  }
  return users
}

import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls'
import { KbackupError } from '@kbackup/core'
import type { KafkaConfig } from 'kafkajs'

/** The options of `tls.connect`, with keys and certificates read once for all connections. */
export type TlsSettings = ConnectionOptions & { readonly secureContext: SecureContext }

/**
 * Reads keys and certificates.
 *
 * @throws KbackupError `KB_KAFKA_TLS` where they cannot be used, which kafkajs would report as a broker that is not there.
 */
export function tlsSettings(ssl: Exclude<KafkaConfig['ssl'], undefined | false>): TlsSettings {
  const options = ssl === true ? {} : ssl
  try {
    return { ...options, secureContext: options.secureContext ?? createSecureContext(options) }
  } catch (error) {
    throw unusable(error instanceof Error && 'code' in error ? String(error.code) : 'unknown')
  }
}

/** Without a cause: nothing of a key may be quoted. */
function unusable(code: string): KbackupError {
  return new KbackupError('KB_KAFKA_TLS', {
    message: `the TLS keys and certificates of this client cannot be used: ${code}`,
    hint: hintOf(code),
    details: { code },
  })
}

function hintOf(code: string): string {
  if (code.endsWith('BAD_DECRYPT') || code === 'ERR_MISSING_PASSPHRASE') {
    return 'give the password of the private key (`ssl.passphrase`; in YAML `ssl_key_password`), or check it'
  }
  if (code.endsWith('KEY_VALUES_MISMATCH')) {
    return 'the private key belongs to another certificate: give the two that were made together'
  }
  return 'give certificates and key as PEM (`ssl.ca`, `ssl.cert`, `ssl.key`; in YAML `ssl_ca_location`, `ssl_certificate_location`, `ssl_key_location`)'
}

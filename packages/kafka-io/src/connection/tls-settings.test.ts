import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { type ErrorCode, KbackupError } from '@kbackup/core'
import { expect, it } from 'vitest'
import { tlsSettings } from './tls-settings.ts'

function failureOf(ssl: Parameters<typeof tlsSettings>[0], code: ErrorCode): KbackupError {
  try {
    tlsSettings(ssl)
  } catch (error) {
    if (KbackupError.is(error, code)) return error
    throw error
  }
  throw new Error('it was accepted')
}

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'right',
})

it('reads keys and certificates once, for all connections', () => {
  const settings = tlsSettings({ key, passphrase: 'right', servername: 'kafka.example' })
  expect(settings.servername).toBe('kafka.example')
  expect(settings.secureContext).toBeDefined()
  expect(tlsSettings(settings).secureContext).toBe(settings.secureContext)
})

it.each(['wrong-canary', undefined])(
  'names the password of the key where %s does not open it, and shows it nowhere',
  (passphrase) => {
    const error = failureOf({ key, passphrase }, 'KB_KAFKA_TLS')
    expect(error.hint).toContain('ssl_key_password')
    expect(inspect(error, { depth: 10 })).not.toContain('wrong-canary')
  },
)

it('tells bytes that are no certificate, and repeats none of them', () => {
  const error = failureOf({ cert: 'canary', key: 'canary' }, 'KB_KAFKA_TLS')
  expect(error.hint).toContain('PEM')
  expect(inspect(error, { depth: 10 })).not.toContain('canary')
})

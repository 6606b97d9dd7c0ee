import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KbackupError } from '@kbackup/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectionFromSecurity, type SecuritySettings } from './connection-from-security.ts'

const credentials = { sasl_username: 'backup', sasl_password: 'hunter2' }

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n`

function refused(settings: SecuritySettings): KbackupError {
  try {
    connectionFromSecurity(settings)
  } catch (error) {
    if (KbackupError.is(error, 'KB_CONFIG_INVALID')) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('connectionFromSecurity', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kbackup-security-'))
    for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), pem(name))
    writeFileSync(join(folder, 'ca.der'), 'binary')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is without protection unless said otherwise', () => {
    expect(connectionFromSecurity({})).toEqual({})
    expect(connectionFromSecurity({ security_protocol: 'plaintext' })).toEqual({})
  })

  it.each([
    ['PLAIN', 'plain'],
    ['plain', 'plain'],
    ['SCRAM-SHA-256', 'scram-sha-256'],
    ['scram-sha-256', 'scram-sha-256'],
    ['SCRAM_SHA_512', 'scram-sha-512'],
    ['ScramSha512', 'scram-sha-512'],
    ['SCRAM-SHA512', 'scram-sha-512'],
  ])('takes the mechanism %s as %s', (written, mechanism) => {
    const security = connectionFromSecurity({
      security_protocol: 'sasl_plaintext',
      sasl_mechanism: written,
      ...credentials,
    })
    expect(security).toEqual({ sasl: { mechanism, username: 'backup', password: 'hunter2' } })
  })

  it('reads the certificates and the key', () => {
    const security = connectionFromSecurity({
      security_protocol: 'SSL',
      ssl_ca_location: join(folder, 'ca.pem'),
      ssl_certificate_location: join(folder, 'cert.pem'),
      ssl_key_location: join(folder, 'key.pem'),
      ssl_key_password: 'secret',
    })
    const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => Buffer.from(pem(name)))
    expect(security).toEqual({ ssl: { ca: [ca], cert, key, passphrase: 'secret' } })
  })

  it('never lets the check of the broker certificate be turned off', () => {
    expect(connectionFromSecurity({ security_protocol: 'SASL_SSL', ...credentials }).ssl).toEqual({})
  })

  it.each<[SecuritySettings, string]>([
    [{ security_protocol: 'TLS' }, 'security_protocol'],
    [{ security_protocol: 'SASL_SSL', sasl_mechanism: 'GSSAPI', ...credentials }, 'sasl_mechanism'],
    [{ security_protocol: 'SASL_SSL', sasl_username: 'backup' }, 'sasl_password'],
    [{ security_protocol: 'SASL_SSL', sasl_password: 'hunter2' }, 'sasl_username'],
    [{ security_protocol: 'SSL', ...credentials }, 'sasl_username'],
    [{ security_protocol: 'SASL_PLAINTEXT', ssl_ca_location: 'ca.pem', ...credentials }, 'ssl_ca_location'],
    [{ security_protocol: 'SSL', ssl_ca_location: '/no/such/ca.pem' }, 'ssl_ca_location'],
    [{ security_protocol: 'SSL', ssl_key_location: 'key.pem' }, 'ssl_certificate_location'],
  ])('refuses %j, naming the setting and never a secret', (settings, key) => {
    const error = refused(settings)
    expect(error.details.key).toBe(key)
    expect(`${error.message} ${error.hint}`).not.toContain('hunter2')
  })

  it('names the mechanisms that it takes', () => {
    const { hint } = refused({ security_protocol: 'SASL_SSL', sasl_mechanism: 'GSSAPI', ...credentials })
    for (const word of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']) expect(hint).toContain(word)
  })

  it('tells a file that is no PEM, and PEM text in the place of a path, which it does not repeat', () => {
    const der = refused({ security_protocol: 'SSL', ssl_ca_location: join(folder, 'ca.der') })
    expect(der.message).toContain('is no PEM file')
    const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n'
    const settings = { ssl_certificate_location: join(folder, 'cert.pem'), ssl_key_location: key }
    const inline = refused({ security_protocol: 'SSL', ...settings })
    expect(inline.message + inline.hint).not.toContain('c2VjcmV0')
  })
})

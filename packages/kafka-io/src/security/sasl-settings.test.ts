import { KbackupError } from '@kbackup/core'
import type { KafkaConfig } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { saslSettings } from './sasl-settings.ts'

/** What may come from a program that no compiler has checked. */
function fromJson(text: string): NonNullable<KafkaConfig['sasl']> {
  return JSON.parse(text)
}

function refused(text: string): KbackupError {
  try {
    saslSettings(fromJson(text))
  } catch (error) {
    if (KbackupError.is(error, 'KB_CONFIG_INVALID')) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('saslSettings', () => {
  it.each(['SCRAM-SHA-512', 'scram-sha-512', 'SCRAM_SHA_512', 'SCRAM-SHA512'])('takes %s', (mechanism) => {
    const settings = saslSettings(fromJson(JSON.stringify({ mechanism, username: 'backup', password: 'hunter2' })))
    expect(settings).toEqual({ mechanism: 'scram-sha-512', username: 'backup', password: 'hunter2' })
  })

  it('gives a copy, so that two clusters made of the same options share nothing', () => {
    const given = { mechanism: 'plain', username: 'backup', password: 'hunter2' } as const
    expect(saslSettings(given)).not.toBe(given)
  })

  it.each([
    [{ mechanism: 'GSSAPI' }, 'sasl.mechanism', 'scram-sha-512'],
    [{ mechanism: 'plain', username: 'backup' }, 'sasl.password', 'password'],
    [{ mechanism: 'scram-sha-256', password: 'hunter2' }, 'sasl.username', 'username'],
    [{ mechanism: 'oauthbearer' }, 'sasl.oauthBearerProvider', 'oauthBearerProvider'],
  ])('refuses %j before anything is sent, naming what is missing and never a secret', (given, key, named) => {
    const error = refused(JSON.stringify(given))
    expect(error.details.key).toBe(key)
    expect(error.hint).toContain(named)
    expect(error.message + error.hint).not.toContain('hunter2')
  })
})

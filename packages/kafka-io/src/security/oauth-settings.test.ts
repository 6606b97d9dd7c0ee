import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { KbackupError } from '@kbackup/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectionFromSecurity, type SecuritySettings } from './connection-from-security.ts'
import type { BearerToken } from './oauth-bearer.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-tokens-'))
})

afterEach(() => rm(folder, { recursive: true }))

const OAUTH = { security_protocol: 'SASL_SSL', sasl_mechanism: 'OAUTHBEARER' }
const ENDPOINT = {
  ...OAUTH,
  sasl_oauthbearer_token_endpoint_url: 'https://login.example/token',
  sasl_oauthbearer_client_id: 'kbackup',
  sasl_oauthbearer_client_secret: 'canary',
}

async function tokenOf(settings: SecuritySettings): Promise<BearerToken> {
  const { sasl } = connectionFromSecurity(settings)
  if (sasl === undefined || !('oauthBearerProvider' in sasl)) throw new Error('it is not OAUTHBEARER')
  return sasl.oauthBearerProvider()
}

/** Of a setting, or of the token when it is asked for. */
async function refusal(settings: SecuritySettings): Promise<KbackupError> {
  const error: unknown = await tokenOf(settings).catch((thrown: unknown) => thrown)
  if (!KbackupError.is(error)) throw new Error('it was accepted')
  expect(`${inspect(error)} ${error.hint}`).not.toContain('canary')
  return error
}

describe('OAUTHBEARER in a configuration', () => {
  it('takes a token as it is, with extensions beside it', async () => {
    const extensions = { logicalCluster: 'lkc-1' }
    const settings = { ...OAUTH, sasl_oauthbearer_token: 'a.b-c_~+/==', sasl_oauthbearer_extensions: extensions }
    expect(await tokenOf(settings)).toEqual({ value: 'a.b-c_~+/==', extensions })
  })

  it('reads a token file at each authentication, so that a token can be renewed under a run', async () => {
    const file = join(folder, 'token')
    const { sasl } = connectionFromSecurity({ ...OAUTH, sasl_oauthbearer_token_file: file })
    if (sasl === undefined || !('oauthBearerProvider' in sasl)) throw new Error('it is not OAUTHBEARER')
    await writeFile(file, 'first\n')
    expect((await sasl.oauthBearerProvider()).value).toBe('first')
    await writeFile(file, 'second')
    expect((await sasl.oauthBearerProvider()).value).toBe('second')
  })

  it('tells that a token file is not there, or holds something else, and never shows it', async () => {
    const file = join(folder, 'token')
    const settings = { ...OAUTH, sasl_oauthbearer_token_file: file }
    expect((await refusal(settings)).message).toContain(`${file} cannot be read: ENOENT`)
    await writeFile(file, '{"token": "canary"}')
    expect((await refusal(settings)).message).toContain('holds no bearer token')
  })

  it.each<readonly [SecuritySettings, string]>([
    [OAUTH, 'sasl_oauthbearer_token'],
    [{ ...ENDPOINT, sasl_oauthbearer_token: 'canary' }, 'sasl_oauthbearer_token_endpoint_url'],
    [{ ...ENDPOINT, sasl_oauthbearer_client_secret: undefined }, 'sasl_oauthbearer_client_secret'],
    [{ ...ENDPOINT, sasl_oauthbearer_client_id: '' }, 'sasl_oauthbearer_client_id'],
    [
      { ...ENDPOINT, sasl_oauthbearer_token_endpoint_url: 'http://login.example/token' },
      'sasl_oauthbearer_token_endpoint_url',
    ],
    [
      { ...ENDPOINT, sasl_oauthbearer_token_endpoint_url: 'https://a:canary@b/' },
      'sasl_oauthbearer_token_endpoint_url',
    ],
    [{ ...OAUTH, sasl_oauthbearer_token: 'a', sasl_oauthbearer_scope: 'b' }, 'sasl_oauthbearer_scope'],
    [
      { ...OAUTH, sasl_oauthbearer_token: 'a', sasl_oauthbearer_extensions: { auth: 'b' } },
      'sasl_oauthbearer_extensions',
    ],
    [{ ...OAUTH, sasl_oauthbearer_token: 'a', sasl_username: 'b' }, 'sasl_username'],
    [{ security_protocol: 'SASL_SSL', sasl_oauthbearer_token: 'canary' }, 'sasl_oauthbearer_token'],
    [{ security_protocol: 'SSL', sasl_oauthbearer_token: 'canary' }, 'sasl_oauthbearer_token'],
  ])('refuses %j for its key, without a secret', async (settings, key) => {
    const error = await refusal(settings)
    expect([error.code, error.details.key]).toEqual(['KB_CONFIG_INVALID', key])
  })
})

import { ContainerClient } from '@azure/storage-blob'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { accountEndpoint } from './account-endpoint.ts'
import { azure } from './azure.ts'
import type { AzureOptions } from './azure-options.ts'

const PLACE = { account: 'account', container: 'container' }

function untyped(options: object): AzureOptions {
  return Object.assign({}, options)
}

describe('azure refuses, and shows no secrets:', () => {
  const client = new ContainerClient('https://account.blob.core.windows.net/container?sig=CANARY')
  it.each<[string, object]>([
    ['no account', { container: 'container' }],
    ['an account that cannot be one', { ...PLACE, account: 'CANARY/..' }],
    ['no container', { account: 'account' }],
    ['a container that cannot be one', { ...PLACE, container: 'a?sig=CANARY' }],
    ['an endpoint that is no URL', { ...PLACE, endpoint: 'localhost:10000' }],
    ['a signature in the endpoint', { ...PLACE, endpoint: 'https://account.example.com/?sig=CANARY' }],
    ['a password in the endpoint', { ...PLACE, endpoint: 'https://CANARY:CANARY@example.com' }],
    ['two kinds of credentials', { ...PLACE, credentials: { accountKey: 'CANARY', sasToken: 'CANARY' } }],
    ['a key and an identity', { ...PLACE, credentials: { accountKey: 'CANARY', clientId: 'a' } }],
    ['half of an identity', { ...PLACE, credentials: { clientSecret: 'CANARY', clientId: 'a' } }],
    ['an empty key', { ...PLACE, credentials: { accountKey: '' } }],
    ['tokens over http', { ...PLACE, endpoint: 'http://127.0.0.1:1', credentials: { clientId: 'a' } }],
    ['a mistyped credential', { ...PLACE, credentials: { acountKey: 'CANARY' } }],
    ['a tier that cannot be read at once', { ...PLACE, accessTier: 'Archive' }],
    ['an unknown option', { ...PLACE, bucket: 'CANARY' }],
    ['short parts', { ...PLACE, partBytes: 1024 }],
    ['an account beside a client', { account: 'account', client }],
    ['a key beside a client', { client, credentials: { accountKey: 'CANARY' } }],
    ['what is no client', { client: {} }],
  ])('%s', (_what, options) => {
    const invalid = expect.objectContaining({ code: 'KB_CONFIG_INVALID' })
    expect(() => azure(untyped(options))).toThrow(invalid)
    expect(() => azure(untyped(options))).not.toThrow(/CANARY/)
  })
})

describe('azure', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('takes the place of a ready client, without its signature', () => {
    const client = new ContainerClient('https://account.blob.core.windows.net/container?sig=CANARY')
    expect(azure({ client, prefix: 'prod' }).name).toBe('az://account/container/prod')
  })

  it('takes a key or a signature of the environment, of the same account only', () => {
    const endpoint = 'http://127.0.0.1:10000'
    const withoutCredentials = expect.objectContaining({ code: 'KB_STORE_AUTHENTICATION' })
    vi.stubEnv('AZURE_STORAGE_KEY', '')
    vi.stubEnv('AZURE_STORAGE_SAS_TOKEN', '')
    vi.stubEnv('AZURE_STORAGE_ACCOUNT', '')
    expect(() => azure({ ...PLACE, endpoint })).toThrow(withoutCredentials)
    vi.stubEnv('AZURE_STORAGE_SAS_TOKEN', '?sig=a')
    azure({ ...PLACE, endpoint })
    vi.stubEnv('AZURE_STORAGE_ACCOUNT', 'other')
    expect(() => azure({ ...PLACE, endpoint })).toThrow(withoutCredentials)
    vi.stubEnv('AZURE_STORAGE_ACCOUNT', 'account')
    azure({ ...PLACE, endpoint })
  })

  it.each([
    [undefined, 'https://account.blob.core.windows.net'],
    ['https://account.blob.core.chinacloudapi.cn/', 'https://account.blob.core.chinacloudapi.cn'],
    ['http://127.0.0.1:10000', 'http://127.0.0.1:10000/account'],
    ['http://[::1]:10000', 'http://[::1]:10000/account'],
    ['http://127.0.0.1:10000/account/', 'http://127.0.0.1:10000/account'],
    ['http://azurite:10000', 'http://azurite:10000/account'],
    ['https://blobs.example.com', 'https://blobs.example.com'],
  ])('understands the endpoint %s as %s', (endpoint, place) => {
    expect(accountEndpoint('account', endpoint)).toBe(place)
  })
})

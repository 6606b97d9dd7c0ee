import { generateKeyPairSync } from 'node:crypto'
import { Storage } from '@google-cloud/storage'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checksumOf, checksumText } from './checksum.ts'
import { gcs } from './gcs.ts'
import type { GcsOptions } from './gcs-options.ts'
import { failureOf, scriptedGcs, shown, TOKEN } from './testing/scripted-gcs.ts'

const service = scriptedGcs()

afterEach(() => vi.unstubAllEnvs())

describe('gcs', () => {
  it.each<[string, () => Partial<GcsOptions>]>([
    ['no bucket', () => ({ bucket: '' })],
    ['a name that no bucket has', () => ({ bucket: 'CANARY/x' })],
    ['an endpoint that is no URL', () => ({ endpoint: 'localhost:4443' })],
    ['credentials in the endpoint', () => ({ endpoint: 'https://CANARY:CANARY@host.example' })],
    ['half of the credentials', () => ({ credentials: { clientEmail: 'CANARY', privateKey: '' } })],
    ['two kinds of credentials', () => ({ credentials: { clientEmail: 'CANARY', privateKey: 'k' }, keyFile: 'a' })],
    ['short parts', () => ({ partBytes: 1024 })],
    ['parts that no session takes', () => ({ partBytes: 6_000_000 })],
    ['a key file beside a client', () => ({ client: new Storage(), keyFile: 'CANARY' })],
    ['names that Google keeps', () => ({ prefix: '/.well-known/acme-challenge/CANARY' })],
  ])('refuses %s, and shows no secrets', (_what, optionsOf) => {
    const options = { bucket: 'bucket', ...optionsOf() }
    expect(() => gcs(options)).toThrow(expect.objectContaining({ code: 'KB_CONFIG_INVALID' }))
    expect(() => gcs(options)).not.toThrow(/CANARY/)
  })

  it('refuses options that it does not have, and says which was meant', () => {
    const mistyped = { bucket: 'bucket', keyfile: 'CANARY' }
    const invalid = expect.objectContaining({ code: 'KB_CONFIG_INVALID', hint: expect.stringMatching(/keyFile\?/) })
    expect(() => gcs(mistyped)).toThrow(invalid)
    expect(() => gcs(mistyped)).not.toThrow(/CANARY/)
  })

  it('sends what is set for every object, and with a condition its condition', async () => {
    const options = { storageClass: 'NEARLINE', kmsKeyName: 'projects/p/keys/k' }
    await service.store(options).put('a/b=1', Buffer.from('bytes'), { ifAbsent: true })
    const [request] = service.requests
    const { pathname, searchParams } = new URL(request?.url ?? '', service.endpoint)
    expect(pathname).toBe('/upload/storage/v1/b/bucket/o')
    expect(Object.fromEntries(searchParams)).toMatchObject({
      uploadType: 'multipart',
      name: 'a/b=1',
      ifGenerationMatch: '0',
      kmsKeyName: 'projects/p/keys/k',
    })
    const body = String(request?.body)
    expect(body).toContain(`"storageClass":"NEARLINE","crc32c":"${checksumText(checksumOf(Buffer.from('bytes')))}"`)
    expect(body).toMatch(/\r\n\r\nbytes\r\n--[0-9a-f]{32}--\r\n$/)
    await service.store().put('a', Buffer.from('x'))
    expect(service.requests[1]?.url).not.toContain('ifGenerationMatch')
  })

  it('sends no credentials in the clear to a service that was given none', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/no/such/file')
    await service.store().get('a')
    expect(service.requests[0]?.headers).not.toHaveProperty('authorization')
    await service.store({ client: service.clientWithToken() }).get('a')
    expect(service.requests[1]?.headers).toHaveProperty('authorization', `Bearer ${TOKEN}`)
  })

  it('may be called with one signal a hundred times at once', async () => {
    const warnings: Error[] = []
    const keepWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', keepWarning)
    const { signal } = new AbortController()
    const store = service.store()
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.put(`a/${index}`, Buffer.from('x'), { signal })))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', keepWarning)
    expect(warnings).toEqual([])
  })
})

describe('credentials', () => {
  beforeEach(() => {
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
    vi.stubEnv('HOME', '/no/such/home')
    vi.stubEnv('CLOUDSDK_CONFIG', undefined)
  })

  it('that are nowhere to be found are asked for', async () => {
    const error = await failureOf(gcs({ bucket: 'bucket' }).get('a'))
    expect(error).toMatchObject({
      code: 'KB_STORE_AUTHENTICATION',
      hint: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS'),
    })
  })

  it('whose file does not exist say so', async () => {
    const error = await failureOf(service.store({ keyFile: '/no/such/CANARY.json' }).get('a'))
    expect(error).toMatchObject({ code: 'KB_STORE_AUTHENTICATION', message: expect.stringContaining('key file') })
    expect(shown(error)).not.toContain('CANARY')
  })

  it('for which no token can be fetched may be tried again, and are not shown', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const credentials = { clientEmail: 'CANARY@example.iam', privateKey: pem }
    const error = await failureOf(service.store({ credentials }).get('a'))
    expect(error).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: true })
    expect(shown(error)).not.toContain('CANARY')
    for (const line of pem.split('\n').slice(1, -2)) expect(shown(error)).not.toContain(line)
  })

  it('that are no key are not shown', async () => {
    const credentials = { clientEmail: 'CANARY@example.iam', privateKey: 'CANARY no key' }
    const error = await failureOf(service.store({ credentials }).get('a'))
    expect(error.code).toBe('KB_STORE_AUTHENTICATION')
    expect(error.message).toContain('the private key of the service account is no key in PEM')
    expect(shown(error)).not.toContain('CANARY')
  })
})

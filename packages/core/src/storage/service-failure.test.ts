import { describe, expect, it } from 'vitest'
import { networkFailure } from './network-failure.ts'
import { retryDelayMs } from './retry-policy.ts'
import { contentRange, retryAfterMs, serviceError, statusCode } from './service-failure.ts'

const NOW_MS = Date.parse('2026-11-20T14:00:00Z')

describe('Retry-After', () => {
  it.each([
    ['3', 3_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Fri, 20 Nov 2026 14:00:10 GMT', 10_000],
    ['Fri, 20 Nov 2026 13:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (header, expected) => {
    expect(retryAfterMs(header, NOW_MS)).toBe(expected)
  })

  it('is the least that is waited, within two minutes', () => {
    const call = { store: 's', operation: 'get', key: 'a' } as const
    const asked = (ms: number) => serviceError(call, { code: 'KB_STORE_THROTTLED', retryAfterMs: ms })
    expect(retryDelayMs(asked(7_000), 1, { random: () => 0 })).toBe(7_000)
    expect(retryDelayMs(asked(1e9), 1, { random: () => 0 })).toBe(120_000)
    expect(retryDelayMs(asked(1), 1, { random: () => 0.5 })).toBe(100)
  })
})

describe('a status', () => {
  it.each([
    [401, 'KB_STORE_AUTHENTICATION'],
    [403, 'KB_STORE_FORBIDDEN'],
    [404, 'KB_BLOB_NOT_FOUND'],
    [409, 'KB_STORE_UNAVAILABLE'],
    [412, 'KB_STORE_FAILED'],
    [416, 'KB_BLOB_RANGE'],
    [429, 'KB_STORE_THROTTLED'],
    [500, 'KB_STORE_UNAVAILABLE'],
    [501, 'KB_STORE_FAILED'],
    [599, 'KB_STORE_UNAVAILABLE'],
  ])('%i is %s', (status, code) => {
    expect(statusCode(status)).toBe(code)
  })
})

describe('Content-Range', () => {
  it.each([
    ['bytes 0-9/20', { start: 0, end: 10, size: 20 }],
    ['bytes */20', undefined],
    ['bytes 0-9/*', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => {
    expect(contentRange(header)).toEqual(expected)
  })
})

describe('a failure of the network', () => {
  const withCode = (code: string, cause?: unknown) => Object.assign(new Error('secret', { cause }), { code })

  it.each(['ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'ECONNREFUSED'])('%s may pass', (code) => {
    expect(networkFailure(withCode(code))).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', reason: code })
    expect(networkFailure(new Error('secret', { cause: withCode(code) }))).toMatchObject({ reason: code })
    expect(networkFailure(new AggregateError([withCode(code)]))).toMatchObject({ reason: code })
  })

  it('of a certificate does not pass, and names the variable that helps', () => {
    const failure = networkFailure(withCode('SELF_SIGNED_CERT_IN_CHAIN'))
    expect(failure).toMatchObject({ code: 'KB_STORE_FAILED', hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') })
  })

  it('is none where the error is another', () => {
    expect(networkFailure(new TypeError('x'))).toBeUndefined()
    expect(networkFailure('x')).toBeUndefined()
  })
})

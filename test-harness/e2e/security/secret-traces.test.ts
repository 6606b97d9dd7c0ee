import { describe, expect, it } from 'vitest'
import { secretsIn } from './secret-traces.ts'

const SECRETS = { password: 'canary/+ä&"42' }

describe('secretsIn', () => {
  it.each([
    ['as it is', SECRETS.password],
    ['in JSON', JSON.stringify({ sasl: SECRETS })],
    ['in a URL', `https://user:${encodeURIComponent(SECRETS.password)}@host`],
    ['in hexadecimal digits', Buffer.from(`x${SECRETS.password}`).toString('hex')],
    ['in base64, at the start', Buffer.from(`${SECRETS.password}.`).toString('base64')],
    ['in base64, further on', Buffer.from(`\0u\0${SECRETS.password}`).toString('base64')],
    ['in base64, at another place', Buffer.from(`\0us\0${SECRETS.password} and more`).toString('base64url')],
  ])('finds a secret %s', (_where, text) => {
    expect(secretsIn(`before ${text} after`, SECRETS)).toEqual(['password'])
  })

  it('finds none where there is none', () => {
    expect(secretsIn('a canary, a slash and 42', SECRETS)).toEqual([])
  })
})

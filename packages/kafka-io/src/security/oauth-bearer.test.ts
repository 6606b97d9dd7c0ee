import type { AuthenticationProviderArgs } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { type BearerToken, oauthBearerMechanism } from './oauth-bearer.ts'

const REFUSAL = '{"status":"invalid_token"}'

/** Authenticates with a broker that gives these answers; tells the messages that it was sent. */
async function messagesTo(token: BearerToken, answers: readonly string[]): Promise<readonly string[]> {
  const messages: string[] = []
  const saslAuthenticate: AuthenticationProviderArgs['saslAuthenticate'] = async ({ request, response }) => {
    const encoded = await request.encode()
    expect(encoded.readInt32BE(0)).toBe(encoded.length - 4)
    messages.push(encoded.subarray(4).toString())
    const answer = answers[messages.length - 1]
    if (answer === undefined) throw new Error('SASL_AUTHENTICATION_FAILED')
    return response?.parse(await response.decode(Buffer.concat([Buffer.alloc(4), Buffer.from(answer)])))
  }
  const logger = { info() {}, warn() {}, error() {}, debug() {}, namespace: () => logger, setLogLevel() {} }
  const mechanism = oauthBearerMechanism({ oauthBearerProvider: async () => token })
  const authenticator = mechanism.authenticationProvider({ host: 'kafka-1', port: 9093, logger, saslAuthenticate })
  await authenticator.authenticate().catch((error: Error) => messages.push(error.message))
  return messages
}

describe('oauthBearerMechanism', () => {
  it('sends the token, and is done where the broker has nothing to say against it', async () => {
    expect(await messagesTo({ value: 'abc' }, [''])).toEqual(['n,,\u0001auth=Bearer abc\u0001\u0001'])
  })

  it('sends extensions beside it', async () => {
    const token = { value: 'abc', extensions: { logicalCluster: 'lkc-1', identityPoolId: 'pool-2' } }
    const [message] = await messagesTo(token, [''])
    expect(message).toBe('n,,\u0001auth=Bearer abc\u0001logicalCluster=lkc-1\u0001identityPoolId=pool-2\u0001\u0001')
  })

  it('does not take a refusal for consent: it asks the broker to say so', async () => {
    const [, second, outcome] = await messagesTo({ value: 'abc' }, [REFUSAL])
    expect([second, outcome]).toEqual(['\u0001', 'SASL_AUTHENTICATION_FAILED'])
  })

  it('fails also where the broker says nothing more', async () => {
    expect((await messagesTo({ value: 'abc' }, [REFUSAL, ''])).at(-1)).toContain('refused a token')
  })
})

import type { AuthenticationProviderArgs, Mechanism } from 'kafkajs'

/** A bearer token, with what some services want beside it (KIP-342). */
export interface BearerToken {
  readonly value: string
  readonly extensions?: Readonly<Record<string, string>> | undefined
}

/** How kafkajs is told of OAUTHBEARER. */
export interface OauthBearerOptions {
  readonly oauthBearerProvider: () => Promise<BearerToken>
}

/** What separates the parts of a message, and what alone asks a broker to say that it has refused. */
const SEPARATOR = '\u0001'
/** Of the bytes that kafkajs hands to a decoder. */
const LENGTH_BYTES = 4

/**
 * SASL OAUTHBEARER (RFC 7628, KIP-255).
 *
 *     client  n,,^A auth=Bearer token ^A key=value ^A^A
 *     broker  nothing, when the token is good; else {"status":"invalid_token"}, and it waits
 *     client  ^A
 *     broker  SASL_AUTHENTICATION_FAILED
 *
 * The one of kafkajs takes the first answer for consent, whatever it says: the broker then answers every request as
 * though there were nothing, no topics and no brokers.
 */
export function oauthBearerMechanism({ oauthBearerProvider }: OauthBearerOptions): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }) => ({
      async authenticate() {
        const complaint = await exchange(saslAuthenticate, firstMessage(await oauthBearerProvider()))
        if (complaint.length === 0) return
        await exchange(saslAuthenticate, SEPARATOR)
        throw new Error('a broker refused a token, and then did not')
      },
    }),
  }
}

function firstMessage({ value, extensions = {} }: BearerToken): string {
  const fields = [`auth=Bearer ${value}`, ...Object.entries(extensions).map(([name, text]) => `${name}=${text}`)]
  return ['n,,', ...fields, '', ''].join(SEPARATOR)
}

async function exchange(
  saslAuthenticate: AuthenticationProviderArgs['saslAuthenticate'],
  message: string,
): Promise<Buffer> {
  const answer = await saslAuthenticate<Buffer>({
    request: { encode: () => withLength(Buffer.from(message)) },
    response: { decode: (bytes) => bytes.subarray(LENGTH_BYTES), parse: (bytes) => bytes },
  })
  return answer ?? Buffer.alloc(0)
}

function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeInt32BE(message.length)
  return Buffer.concat([length, message])
}

import { fixedToken, type TokenSource, tokenFile } from './bearer-token-source.ts'
import { clientCredentials } from './client-credentials.ts'
import { invalidSetting } from './invalid-setting.ts'

/** The settings of OAUTHBEARER, in the words of librdkafka: exactly one of the first three says where tokens come from. */
export interface OauthSettings {
  /** A token that does not change. */
  readonly sasl_oauthbearer_token?: string | undefined
  /** A file that holds a token alone; it is read anew at each authentication. */
  readonly sasl_oauthbearer_token_file?: string | undefined
  /** Of an authorization server that gives tokens for client credentials (RFC 6749, 4.4). */
  readonly sasl_oauthbearer_token_endpoint_url?: string | undefined
  readonly sasl_oauthbearer_client_id?: string | undefined
  readonly sasl_oauthbearer_client_secret?: string | undefined
  readonly sasl_oauthbearer_scope?: string | undefined
  /** What some services want beside the token (KIP-342), such as `logicalCluster`. */
  readonly sasl_oauthbearer_extensions?: Readonly<Record<string, string>> | undefined
}

const SOURCES = [
  'sasl_oauthbearer_token',
  'sasl_oauthbearer_token_file',
  'sasl_oauthbearer_token_endpoint_url',
] as const satisfies readonly (keyof OauthSettings)[]

const OF_ENDPOINT = [
  'sasl_oauthbearer_client_id',
  'sasl_oauthbearer_client_secret',
  'sasl_oauthbearer_scope',
] as const satisfies readonly (keyof OauthSettings)[]

/** All of them. */
export const OAUTH_SETTINGS = [...SOURCES, ...OF_ENDPOINT, 'sasl_oauthbearer_extensions'] as const

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
const EXTENSION_NAME = /^[A-Za-z]+$/
/** Printable, and what separates words (KIP-342). */
const EXTENSION_VALUE = /^[\x20-\x7e\t\r\n]+$/

/**
 * Where tokens come from.
 *
 * @throws KbackupError `KB_CONFIG_INVALID`; no message bears a token or a secret
 */
export function tokenSource(settings: OauthSettings): TokenSource {
  const given = SOURCES.filter((key) => settings[key] !== undefined)
  const [key, ...others] = given
  if (key === undefined || others.length > 0) {
    throw invalidSetting(
      others[0] ?? SOURCES[0],
      others[0] === undefined ? 'is missing' : `stands beside ${key}`,
      ONE_OF,
    )
  }
  const extensions = checkedExtensions(settings.sasl_oauthbearer_extensions)
  if (key === 'sasl_oauthbearer_token_endpoint_url') return clientCredentials({ ...endpointOf(settings), extensions })
  const unused = OF_ENDPOINT.find((name) => settings[name] !== undefined)
  if (unused !== undefined) throw invalidSetting(unused, `has no effect with ${key}`, 'it is for a token endpoint')
  const value = settings[key] ?? ''
  return key === 'sasl_oauthbearer_token' ? fixedToken(value, extensions) : tokenFile(value, extensions)
}

const ONE_OF = `OAUTHBEARER takes its tokens from one of ${SOURCES.join(', ')}`

function endpointOf(settings: OauthSettings) {
  return {
    url: endpointUrl(settings.sasl_oauthbearer_token_endpoint_url ?? ''),
    clientId: required(settings, 'sasl_oauthbearer_client_id'),
    clientSecret: required(settings, 'sasl_oauthbearer_client_secret'),
    scope: settings.sasl_oauthbearer_scope,
  }
}

/** Anybody on the way could read the secret of the client otherwise. */
function endpointUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname))
  if (url !== undefined && isSafe && url.username === '' && url.password === '') return url
  throw invalidSetting(
    'sasl_oauthbearer_token_endpoint_url',
    'is no URL that may be used',
    'give one that begins with https://, without a user',
  )
}

function required(settings: OauthSettings, key: (typeof OF_ENDPOINT)[number]): string {
  const value = settings[key]
  if (value !== undefined && value !== '') return value
  throw invalidSetting(
    key,
    'is missing',
    'a token endpoint needs sasl_oauthbearer_client_id and sasl_oauthbearer_client_secret',
  )
}

function checkedExtensions(extensions: OauthSettings['sasl_oauthbearer_extensions']) {
  for (const [name, value] of Object.entries(extensions ?? {})) {
    if (EXTENSION_NAME.test(name) && name !== 'auth' && EXTENSION_VALUE.test(value)) continue
    throw invalidSetting(
      'sasl_oauthbearer_extensions',
      'has an entry that brokers do not take',
      'names are letters, and not auth; values are printable',
    )
  }
  return extensions
}

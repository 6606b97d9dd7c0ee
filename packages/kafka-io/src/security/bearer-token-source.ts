import { readFile } from 'node:fs/promises'
import { KbackupError } from '@kbackup/core'
import { invalidSetting } from './invalid-setting.ts'
import type { BearerToken } from './oauth-bearer.ts'

/** Gives the token of one authentication. */
export type TokenSource = () => Promise<BearerToken>

const ALONE = 'it has to hold the token alone, on one line'

/** What may stand in a header of HTTP, and so in a message of SASL, as a token (RFC 6750, 2.1). */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * A token that does not change, from the environment for instance.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for what is no token
 */
export function fixedToken(value: string, extensions: BearerToken['extensions']): TokenSource {
  const token = { value: value.trim(), extensions }
  if (!TOKEN.test(token.value)) throw invalidSetting('sasl_oauthbearer_token', 'holds no bearer token', ALONE)
  return async () => token
}

/** The token that a file holds, read anew at each authentication: whoever renews it replaces the file. */
export function tokenFile(path: string, extensions: BearerToken['extensions']): TokenSource {
  return async () => ({ value: checkedToken((await contentOf(path)).trim(), `the token file ${path}`), extensions })
}

/** Throws where a text is no token, and never shows it. */
export function checkedToken(value: string, where: string): string {
  if (TOKEN.test(value)) return value
  throw noToken(`${where} holds no bearer token`, ALONE)
}

/** The error of a source that gives no token; its message must bear no secret. */
export function noToken(message: string, hint: string, { retryable = false } = {}): KbackupError {
  return new KbackupError('KB_KAFKA_AUTHENTICATION', { message, hint, retryable })
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw noToken(`the token file ${path} cannot be read: ${code}`, 'look at sasl_oauthbearer_token_file')
  }
}

import type { Storage } from '@google-cloud/storage'
import { CredentialsFailure, credentialsFailure } from './credentials-failure.ts'

/** The headers by which the service knows who asks; none for an emulator. */
export type OwnHeaders = Readonly<Record<string, string>>

// The SDK asks for a new token where this is over.
const LONG_AGO_MS = 1

export async function ownHeaders(client: Storage, url: string): Promise<OwnHeaders> {
  if (isOpen(client)) return {}
  try {
    return await client.authClient.getRequestHeaders(url)
  } catch (error) {
    throw credentialsFailure(error)
  }
}

/**
 * Headers with another token than the one that was refused: tokens are kept until they expire, and one may be revoked before.
 * `undefined` where there is no other.
 *
 * @throws CredentialsFailure where there may be one, and it could not be fetched now
 */
export async function renewedHeaders(
  client: Storage,
  url: string,
  refused: OwnHeaders,
): Promise<OwnHeaders | undefined> {
  if (isOpen(client)) return undefined
  // Another request may have asked for it meanwhile.
  const current = await ownHeaders(client, url)
  if (isOther(current, refused)) return current
  const auth = await client.authClient.getClient()
  const { credentials } = auth
  auth.setCredentials({ ...credentials, expiry_date: LONG_AGO_MS })
  try {
    const renewed = await ownHeaders(client, url)
    return isOther(renewed, refused) ? renewed : undefined
  } catch (error) {
    auth.setCredentials(credentials)
    return orPassing(error)
  }
}

/** What may pass is worth another try of the whole call; else the refusal says more. */
function orPassing(error: unknown): undefined {
  if (error instanceof CredentialsFailure && error.failure.code !== 'KB_STORE_AUTHENTICATION') throw error
}

function isOpen({ customEndpoint, useAuthWithCustomEndpoint }: Storage): boolean {
  return Boolean(customEndpoint) && useAuthWithCustomEndpoint !== true
}

function isOther(headers: OwnHeaders, before: OwnHeaders): boolean {
  return headers.Authorization !== before.Authorization || headers.authorization !== before.authorization
}

import { networkFailure, type ServiceFailure, statusCode, valueAt } from '@kbackup/core'

/** Credentials that could not be had: what it means, without the error of the SDK, which may hold them. */
export class CredentialsFailure extends Error {
  readonly failure: ServiceFailure

  constructor(failure: ServiceFailure) {
    super('no credentials')
    this.name = 'CredentialsFailure'
    this.failure = failure
  }
}

/** What it means that the SDK got no token: a network or service that is down, a refusal, or nothing to ask with. */
export function credentialsFailure(error: unknown): CredentialsFailure {
  return new CredentialsFailure(meaningOf(error))
}

function meaningOf(error: unknown): ServiceFailure {
  const status = valueAt(valueAt(error, 'response'), 'status')
  if (typeof status === 'number') return tokenRefused(status)
  const network = networkFailure(error)
  if (network !== undefined) return { ...network, reason: `no token could be fetched, ${network.reason}` }
  if (valueAt(error, 'code') === 'ENOENT') {
    return {
      code: 'KB_STORE_AUTHENTICATION',
      reason: 'the key file does not exist',
      hint: 'Check the key file, or the path in GOOGLE_APPLICATION_CREDENTIALS.',
    }
  }
  if (/^ERR_OSSL_/.test(String(valueAt(error, 'code')))) {
    return {
      code: 'KB_STORE_AUTHENTICATION',
      reason: 'the private key of the service account is no key in PEM',
      hint: 'Give the key as it stands in the key file, with its lines BEGIN PRIVATE KEY and END PRIVATE KEY.',
    }
  }
  return {
    code: 'KB_STORE_AUTHENTICATION',
    reason: 'no credentials were found, or they cannot be used',
    hint:
      'Name a key file in GOOGLE_APPLICATION_CREDENTIALS, run gcloud auth application-default login, ' +
      'or give a key file or credentials.',
  }
}

function tokenRefused(status: number): ServiceFailure {
  const code = statusCode(status)
  const passes = code === 'KB_STORE_UNAVAILABLE' || code === 'KB_STORE_THROTTLED'
  return {
    code: passes ? code : 'KB_STORE_AUTHENTICATION',
    status,
    reason: 'no token was given for the credentials',
    hint: passes ? undefined : 'Check that the service account and its key exist, and that the clock is right.',
  }
}

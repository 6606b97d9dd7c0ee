import {
  networkFailure,
  numberAt,
  retryAfterMs,
  type ServiceCall,
  type ServiceFailure,
  statusCode,
  textAt,
  valueAt,
} from '@kbackup/core'

type Meaning = Pick<ServiceFailure, 'code' | 'hint' | 'reason' | 'retryable'>

const MISSING: Meaning = { code: 'KB_BLOB_NOT_FOUND' }
const BAD_NAME: Meaning = { code: 'KB_BLOB_KEY_INVALID' }
const BAD_CREDENTIALS: Meaning = { code: 'KB_STORE_AUTHENTICATION' }
const THROTTLED: Meaning = { code: 'KB_STORE_THROTTLED' }
const PASSING: Meaning = { code: 'KB_STORE_UNAVAILABLE' }
const DAMAGED: Meaning = { code: 'KB_STORE_UNAVAILABLE', reason: 'the body arrived damaged' }
const WRONG_REGION: Meaning = {
  code: 'KB_STORE_FAILED',
  hint: 'The bucket lies in another region, or behind another endpoint; name the right one.',
}
const FROZEN: Meaning = {
  code: 'KB_STORE_FAILED',
  hint: 'The object lies in an archive tier such as Glacier; restore it there first, with the tools of the provider.',
}

/** What the codes of S3, and of stores that speak it, mean. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  NoSuchKey: MISSING,
  NotFound: MISSING,
  NoSuchBucket: {
    code: 'KB_STORE_FAILED',
    hint: 'The bucket does not exist; create it, or check its name and the endpoint.',
  },
  // The same request again is for nothing; the same bytes, under another name, are not.
  NoSuchUpload: {
    code: 'KB_STORE_UNAVAILABLE',
    retryable: false,
    hint: 'A cleanup, or a rule of the bucket, removed the unfinished upload: store the same anew.',
  },
  ConditionalRequestConflict: PASSING,
  OperationAborted: PASSING,
  InternalError: PASSING,
  RequestTimeout: PASSING,
  IncompleteBody: PASSING,
  BadDigest: DAMAGED,
  XAmzContentSHA256Mismatch: DAMAGED,
  XAmzContentChecksumMismatch: DAMAGED,
  SlowDown: THROTTLED,
  SlowDownRead: THROTTLED,
  SlowDownWrite: THROTTLED,
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  TooManyRequests: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  KeyTooLongError: BAD_NAME,
  ObjectParentIsFile: BAD_NAME,
  ExistingObjectIsDirectory: BAD_NAME,
  XMinioInvalidObjectName: BAD_NAME,
  XMinioParentIsObject: BAD_NAME,
  XMinioObjectExistsAsDirectory: BAD_NAME,
  EntityTooLarge: { code: 'KB_BLOB_TOO_LARGE', hint: 'Use smaller segments.' },
  InvalidRange: { code: 'KB_BLOB_RANGE' },
  InvalidAccessKeyId: BAD_CREDENTIALS,
  SignatureDoesNotMatch: BAD_CREDENTIALS,
  ExpiredToken: BAD_CREDENTIALS,
  InvalidToken: BAD_CREDENTIALS,
  TokenRefreshRequired: BAD_CREDENTIALS,
  InvalidSecurity: BAD_CREDENTIALS,
  NotSignedUp: BAD_CREDENTIALS,
  CredentialsProviderError: {
    code: 'KB_STORE_AUTHENTICATION',
    reason: 'no credentials were found',
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, or give credentials.',
  },
  TokenProviderError: { code: 'KB_STORE_AUTHENTICATION', hint: 'Sign in again, for instance with aws sso login.' },
  // The client has learned the offset of its clock from this answer, so that a second attempt may go well.
  RequestTimeTooSkewed: {
    code: 'KB_STORE_AUTHENTICATION',
    retryable: true,
    hint: 'The clock of this machine is wrong; set it.',
  },
  InvalidObjectState: FROZEN,
  ObjectNotInActiveTierError: FROZEN,
  PermanentRedirect: WRONG_REGION,
  TemporaryRedirect: WRONG_REGION,
  AuthorizationHeaderMalformed: WRONG_REGION,
  IllegalLocationConstraintException: WRONG_REGION,
  NotImplemented: {
    code: 'KB_STORE_FAILED',
    hint: 'The store does not know a part of the request; try it without checksums (`checksum` is none), and without tags, class or encryption.',
  },
}

const REPLACED: Meaning = { code: 'KB_STORE_UNAVAILABLE', reason: 'the object was replaced while it was read' }
const EXISTS: Meaning = { code: 'KB_BLOB_EXISTS' }
const NOT_UNDERSTOOD: Meaning = { code: 'KB_STORE_UNAVAILABLE', reason: 'the answer could not be understood' }
const FORBIDDEN_HINT =
  'Check the credentials, and give them the rights that the README of @kbackup/storage-s3 lists for this role; ' +
  'without s3:ListBucket the store says so of missing objects too.'

/**
 * What an error of the SDK means. Of what the service wrote only its code and the id of the request are taken over: its
 * messages may repeat what was sent.
 */
export function s3Failure(error: unknown, operation: ServiceCall['operation']): ServiceFailure | undefined {
  if (!(error instanceof Error)) return undefined
  const status = statusOf(error)
  const meaning = meaningOf(error, status, operation)
  if (meaning === undefined) return networkFailure(error)
  const forbidden = meaning.code === 'KB_STORE_FORBIDDEN' ? { hint: FORBIDDEN_HINT } : {}
  return {
    ...forbidden,
    ...meaning,
    status,
    serviceCode: plainWord(error.name),
    requestId: requestIdOf(error),
    retryAfterMs: retryAfterMs(headerOf(error, 'retry-after')),
  }
}

/** Whoever names a profile wants its credentials, and no others. */
const NO_PROFILE: Meaning = {
  code: 'KB_STORE_AUTHENTICATION',
  reason: 'the profile that AWS_PROFILE names gave no credentials',
  hint: 'Check whether it is in ~/.aws/config or ~/.aws/credentials, and has credentials; or unset AWS_PROFILE.',
}

function meaningOf(error: Error, status: number | undefined, operation: string): Meaning | undefined {
  if (status === 412) return operation === 'get' ? REPLACED : EXISTS
  if (error.name === 'CredentialsProviderError' && process.env.AWS_PROFILE) return NO_PROFILE
  const known = Object.hasOwn(MEANINGS, error.name) ? MEANINGS[error.name] : undefined
  if (known !== undefined) return known
  if (status === undefined) return undefined
  if (status < 300) return NOT_UNDERSTOOD
  return status < 400 ? WRONG_REGION : { code: statusCode(status) }
}

function statusOf(error: Error): number | undefined {
  const fromMetadata = numberAt(valueAt(error, '$metadata'), 'httpStatusCode')
  return fromMetadata ?? numberAt(valueAt(error, '$response'), 'statusCode')
}

function requestIdOf(error: Error): string | undefined {
  const id = textAt(valueAt(error, '$metadata'), 'requestId')
  return id === undefined ? undefined : plainWord(id)
}

function headerOf(error: Error, name: string): string | undefined {
  return textAt(valueAt(valueAt(error, '$response'), 'headers'), name)
}

/** Codes and ids are short words; anything else is none of them. */
function plainWord(text: string): string | undefined {
  return /^[\w.:-]{1,64}$/.test(text) ? text : undefined
}

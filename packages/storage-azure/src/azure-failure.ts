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

type Operation = ServiceCall['operation']
type Meaning = Pick<ServiceFailure, 'code' | 'hint' | 'reason' | 'retryable'>

const FORBIDDEN: Meaning = {
  code: 'KB_STORE_FORBIDDEN',
  hint: 'Check the credentials, and give them the rights that the README of @kbackup/storage-azure lists for this role.',
}
const BAD_CREDENTIALS: Meaning = {
  code: 'KB_STORE_AUTHENTICATION',
  hint: 'Check the key, the signature and its expiry, or the identity, and whether the clock of this machine is right.',
}
const NO_IDENTITY: Meaning = {
  code: 'KB_STORE_AUTHENTICATION',
  reason: 'no identity gave a token',
  hint: 'Set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, sign in with az login, or give credentials.',
}
const NO_CONTAINER: Meaning = {
  code: 'KB_STORE_FAILED',
  hint: 'The container does not exist or cannot be seen; create it, or check its name, the account and the endpoint.',
}
const THROTTLED: Meaning = { code: 'KB_STORE_THROTTLED' }
const PASSING: Meaning = { code: 'KB_STORE_UNAVAILABLE' }
const DAMAGED: Meaning = { code: 'KB_STORE_UNAVAILABLE', reason: 'the body arrived damaged' }
const NOT_UNDERSTOOD: Meaning = { code: 'KB_STORE_UNAVAILABLE', reason: 'the answer could not be understood' }
const NOT_SENT: Meaning = { code: 'KB_STORE_UNAVAILABLE', reason: 'the request could not be sent' }
const BAD_NAME: Meaning = { code: 'KB_BLOB_KEY_INVALID' }
const TOO_LARGE: Meaning = { code: 'KB_BLOB_TOO_LARGE', hint: 'Use smaller segments, or larger parts.' }
const LEASED: Meaning = { code: 'KB_STORE_FAILED', hint: 'Somebody holds a lease on the blob; break it, or wait.' }
const EXISTS: Meaning = { code: 'KB_BLOB_EXISTS' }
const REPLACED: Meaning = { code: 'KB_STORE_UNAVAILABLE', reason: 'the blob was replaced while it was read' }
const IMMUTABLE: Meaning = {
  code: 'KB_STORE_FORBIDDEN',
  hint: 'A policy of the container or a legal hold keeps the blob as it is.',
}
const FROZEN: Meaning = {
  code: 'KB_STORE_FAILED',
  hint: 'The blob lies in the archive tier; move it to another tier first, which takes hours.',
}
const FOREIGN: Meaning = {
  code: 'KB_STORE_FAILED',
  reason: 'the answer does not come from Azure Blob storage',
  hint: 'Check the account and the endpoint, and look for a proxy on the way.',
}
const BLOCKS_GONE: Meaning = {
  code: 'KB_STORE_FAILED',
  hint: 'Another writer wrote this blob meanwhile, or the upload took longer than a week: its blocks are gone.',
}
const OTHER_BLOCKS: Meaning = {
  code: 'KB_STORE_FAILED',
  hint: 'Another tool has an unfinished upload of this blob with other block ids; it expires within a week.',
}

/** What the codes of Azure mean. A 409 or 412 that is not here is an outcome that is unknown. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  BlobNotFound: { code: 'KB_BLOB_NOT_FOUND' },
  ContainerNotFound: NO_CONTAINER,
  ResourceNotFound: NO_CONTAINER,
  AccountIsDisabled: { code: 'KB_STORE_FAILED', hint: 'The storage account is disabled.' },
  ServerBusy: THROTTLED,
  TooManyRequests: THROTTLED,
  OperationTimedOut: PASSING,
  InternalError: PASSING,
  ContainerBeingDeleted: { ...PASSING, hint: 'The container is being deleted.' },
  Md5Mismatch: DAMAGED,
  Crc64Mismatch: DAMAGED,
  // What Azurite calls a wrong MD5.
  InvalidOperation: DAMAGED,
  AuthenticationFailed: BAD_CREDENTIALS,
  InvalidAuthenticationInfo: BAD_CREDENTIALS,
  NoAuthenticationInformation: BAD_CREDENTIALS,
  PublicAccessNotPermitted: BAD_CREDENTIALS,
  AuthorizationFailure: FORBIDDEN,
  AuthorizationPermissionMismatch: FORBIDDEN,
  AuthorizationProtocolMismatch: FORBIDDEN,
  AuthorizationResourceTypeMismatch: FORBIDDEN,
  AuthorizationServiceMismatch: FORBIDDEN,
  AuthorizationSourceIPMismatch: { ...FORBIDDEN, hint: 'The signature does not hold for the address of this machine.' },
  InsufficientAccountPermissions: FORBIDDEN,
  KeyBasedAuthenticationNotPermitted: {
    code: 'KB_STORE_FORBIDDEN',
    hint: 'The account takes no keys; use an identity: give no account key, and unset AZURE_STORAGE_KEY.',
  },
  BlobImmutableDueToPolicy: IMMUTABLE,
  InvalidRange: { code: 'KB_BLOB_RANGE' },
  InvalidResourceName: BAD_NAME,
  InvalidUri: BAD_NAME,
  RequestUrlFailedToParse: BAD_NAME,
  ResourceTypeMismatch: BAD_NAME,
  PathConflict: BAD_NAME,
  RequestBodyTooLarge: TOO_LARGE,
  BlockListTooLong: TOO_LARGE,
  BlockCountExceedsLimit: TOO_LARGE,
  InvalidBlockList: BLOCKS_GONE,
  InvalidBlockId: OTHER_BLOCKS,
  InvalidBlobOrBlock: OTHER_BLOCKS,
  LeaseIdMissing: LEASED,
  LeaseIdMismatchWithBlobOperation: LEASED,
  LeaseNotPresentWithBlobOperation: LEASED,
  SnapshotsPresent: { code: 'KB_STORE_FAILED', hint: 'The blob has snapshots; delete those first.' },
  BlobArchived: FROZEN,
  BlobBeingRehydrated: FROZEN,
}

/** What a condition that did not hold means for each operation; 409 and 412 mean it nowhere else. */
function conditionMeaning(word: string | undefined, operation: Operation): Meaning | undefined {
  if (word === 'BlobAlreadyExists' && operation === 'put') return EXISTS
  if (word !== 'ConditionNotMet') return undefined
  return { put: EXISTS, get: REPLACED, head: REPLACED, list: NOT_UNDERSTOOD, delete: NOT_UNDERSTOOD }[operation]
}

/**
 * What an error of the SDK means. Of what the service wrote only its code and the id of the request are taken over: the
 * errors of the SDK hold requests, with signatures in their addresses and tokens in their headers.
 */
export function azureFailure(error: unknown, operation: Operation): ServiceFailure | undefined {
  if (!(error instanceof Error)) return undefined
  const identity = identityMeaning(error)
  if (identity !== undefined) return identity
  const status = numberAt(error, 'statusCode')
  if (status === undefined) return networkFailure(error) ?? unsentMeaning(error)
  const word = azureWord(error)
  return {
    ...statusMeaning(word, status, operation),
    status,
    serviceCode: word,
    requestId: plainWord(headerOf(error, 'x-ms-request-id')),
    retryAfterMs: waitOf(error),
  }
}

/** The code of Azure in an error of the SDK: `BlobAlreadyExists`. */
export function azureWord(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return plainWord(
    headerOf(error, 'x-ms-error-code') ?? textAt(valueAt(error, 'details'), 'errorCode') ?? bodyWord(error),
  )
}

function bodyWord(error: Error): string | undefined {
  const word = textAt(error, 'code')
  return word === 'PARSE_ERROR' || word === 'REQUEST_SEND_ERROR' ? undefined : word
}

function statusMeaning(word: string | undefined, status: number, operation: Operation): Meaning {
  const known = word !== undefined && Object.hasOwn(MEANINGS, word) ? MEANINGS[word] : undefined
  const meaning = conditionMeaning(word, operation) ?? known
  if (meaning !== undefined) return meaning
  if (status < 300) return NOT_UNDERSTOOD
  // Only Azure's own word makes a blob absent.
  if (status < 400 || status === 404) return FOREIGN
  if (status === 409 || status === 412) return PASSING
  if (status === 401) return BAD_CREDENTIALS
  return status === 403 ? FORBIDDEN : { code: statusCode(status) }
}

function unsentMeaning(error: Error): ServiceFailure | undefined {
  const word = textAt(error, 'code')
  if (word === 'PARSE_ERROR') return NOT_UNDERSTOOD
  return word === 'REQUEST_SEND_ERROR' ? NOT_SENT : undefined
}

const WITHOUT_IDENTITY = new Set([
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
])

function identityMeaning(error: Error): ServiceFailure | undefined {
  if (WITHOUT_IDENTITY.has(error.name)) return NO_IDENTITY
  if (error.name !== 'AuthenticationError') return undefined
  const status = numberAt(error, 'statusCode')
  const passing = status !== undefined && (status === 429 || status >= 500)
  const reason = 'Microsoft Entra ID gave no token'
  return passing ? { code: statusCode(status), status, reason } : { ...BAD_CREDENTIALS, status, reason }
}

function waitOf(error: Error): number | undefined {
  const waitMs = headerOf(error, 'x-ms-retry-after-ms') ?? headerOf(error, 'retry-after-ms')
  if (waitMs !== undefined && /^\d{1,9}$/.test(waitMs)) return Number(waitMs)
  return retryAfterMs(headerOf(error, 'retry-after'))
}

function headerOf(error: Error, name: string): string | undefined {
  const headers = valueAt(valueAt(error, 'response'), 'headers')
  const get = valueAt(headers, 'get')
  const value: unknown = typeof get === 'function' ? get.call(headers, name) : undefined
  return typeof value === 'string' ? value : undefined
}

/** Codes and ids are short words; anything else is none of them. */
function plainWord(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.:-]{1,64}$/.test(text) ? text : undefined
}

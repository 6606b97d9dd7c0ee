import { networkFailure, type ServiceCall, type ServiceFailure, statusCode } from '@kbackup/core'
import { CredentialsFailure } from './credentials-failure.ts'
import { GcsRefusal, type RefusalFacts } from './gcs-refusal.ts'

type Meaning = Pick<ServiceFailure, 'code' | 'hint' | 'reason' | 'retryable'>

/** The reasons that we give ourselves, where the service does not tell things apart. */
export const OWN_REASONS = {
  bucketMissing: 'bucketMissing',
  sessionGone: 'sessionGone',
  exists: 'exists',
  replaced: 'replaced',
  damaged: 'damaged',
  nothingKept: 'nothingKept',
  nothingMade: 'nothingMade',
} as const

const THROTTLED: Meaning = { code: 'KB_STORE_THROTTLED' }
const EXISTS: Meaning = { code: 'KB_BLOB_EXISTS' }
const REPLACED: Meaning = { code: 'KB_STORE_UNAVAILABLE', reason: 'the object was replaced while it was read' }
const NOT_UNDERSTOOD: Meaning = { code: 'KB_STORE_UNAVAILABLE', reason: 'the answer could not be understood' }
const NO_BUCKET: Meaning = {
  code: 'KB_STORE_FAILED',
  reason: 'the bucket does not exist',
  hint: 'Create the bucket, or check its name and the endpoint.',
}
const ELSEWHERE: Meaning = {
  code: 'KB_STORE_FAILED',
  hint: 'The service points elsewhere; check the endpoint, and proxies on the way.',
}
const HELD: Meaning = {
  code: 'KB_STORE_FORBIDDEN',
  hint: 'A retention policy or a hold of the bucket keeps the object; wait until it ends.',
}
const UNPAID: Meaning = {
  code: 'KB_STORE_FORBIDDEN',
  hint: 'The project or its billing account is disabled; look at it in the console of Google Cloud.',
}
const FORBIDDEN: Meaning = {
  code: 'KB_STORE_FORBIDDEN',
  hint:
    'Give the credentials the rights that the README of @kbackup/storage-gcs lists for this role; ' +
    'without storage.objects.list the service says so of missing objects too.',
}

const HINTS: Partial<Record<ServiceFailure['code'], string>> = {
  KB_BLOB_TOO_LARGE: 'Use smaller segments.',
  KB_STORE_FAILED: 'The service refuses the request for good; check the endpoint, storageClass and kmsKeyName.',
}

/** What the reasons of the service mean where its status does not say it. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  rateLimitExceeded: THROTTLED,
  userRateLimitExceeded: THROTTLED,
  quotaExceeded: THROTTLED,
  slowDown: THROTTLED,
  SlowDown: THROTTLED,
  retentionPolicyNotMet: HELD,
  objectUnderActiveHold: HELD,
  accountDisabled: UNPAID,
  UserProjectAccountProblem: UNPAID,
  userProjectMissing: {
    code: 'KB_STORE_FAILED',
    hint: 'The bucket bills whoever asks; give a client whose credentials name a quota project.',
  },
  [OWN_REASONS.bucketMissing]: NO_BUCKET,
  [OWN_REASONS.exists]: EXISTS,
  [OWN_REASONS.replaced]: REPLACED,
  // The same request again is for nothing; the same bytes, under another name, are not.
  [OWN_REASONS.sessionGone]: {
    code: 'KB_STORE_UNAVAILABLE',
    retryable: false,
    reason: 'the session of the upload is gone',
    hint: 'The service lost it, or it was older than a week: store the same anew.',
  },
  [OWN_REASONS.nothingKept]: { code: 'KB_STORE_UNAVAILABLE', reason: 'the session kept nothing of what was sent' },
  [OWN_REASONS.nothingMade]: {
    code: 'KB_STORE_UNAVAILABLE',
    reason: 'the session holds everything, and has made no object of it',
  },
  [OWN_REASONS.damaged]: {
    code: 'KB_STORE_FAILED',
    reason: 'the service holds other bytes than were sent',
    hint: 'Look for a proxy on the way that changes what is sent.',
  },
}
const OWN = new Set<string>(Object.values(OWN_REASONS))

/** What an error of a request means. */
export function gcsFailure(error: unknown, operation: ServiceCall['operation']): ServiceFailure | undefined {
  if (error instanceof CredentialsFailure) return error.failure
  if (!(error instanceof GcsRefusal)) return networkFailure(error)
  const { status, reason, requestId, retryAfterMs } = error.facts
  const serviceCode = reason === undefined || OWN.has(reason) ? undefined : reason
  return { ...meaningOf(error.facts, operation), status, serviceCode, requestId, retryAfterMs }
}

function meaningOf({ status, reason = '' }: RefusalFacts, operation: ServiceCall['operation']): Meaning {
  const known = Object.hasOwn(MEANINGS, reason) ? MEANINGS[reason] : undefined
  if (known !== undefined) return known
  if (status === 412) return operation === 'get' ? REPLACED : EXISTS
  // Of what is written or listed only the bucket can be missing.
  if (status === 404 && (operation === 'put' || operation === 'list')) return NO_BUCKET
  if (status === 403) return FORBIDDEN
  if (status < 300) return NOT_UNDERSTOOD
  if (status < 400) return ELSEWHERE
  const code = statusCode(status)
  return { code, hint: HINTS[code] }
}

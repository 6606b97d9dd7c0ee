import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3'
import type { BlobCallOptions, StoreFact } from '@kbackup/core'
import { s3Failure } from './s3-failure.ts'
import type { S3UploadContext } from './s3-upload.ts'
import { sendOnce } from './send-once.ts'

type Place = Pick<S3UploadContext, 'client' | 'bucket'>
type Finding = Omit<StoreFact, 'name'>

const ARCHIVE_TIERS: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE']
/** How a service says that a bucket has no settings of a kind. */
const NONE: readonly string[] = ['NoSuchLifecycleConfiguration', 'ObjectLockConfigurationNotFoundError']

/** Versioning, object lock and lifecycle rules of a bucket, and what they mean for archives below a prefix. */
export async function s3Facts(
  place: Place,
  prefix: string,
  { signal }: BlobCallOptions,
): Promise<readonly StoreFact[]> {
  return [
    { name: 'versioning', ...(await orNotKnown('s3:GetBucketVersioning', () => versioning(place, signal))) },
    {
      name: 'object lock',
      ...(await orNotKnown('s3:GetBucketObjectLockConfiguration', () => objectLock(place, signal))),
    },
    {
      name: 'lifecycle rules',
      ...(await orNotKnown('s3:GetLifecycleConfiguration', () => lifecycle(place, prefix, signal))),
    },
  ]
}

async function versioning({ client, bucket }: Place, signal: AbortSignal | undefined): Promise<Finding> {
  const { Status } = await sendOnce(client, new GetBucketVersioningCommand({ Bucket: bucket }), signal)
  if (Status !== 'Enabled') return harmless('off', 'what is deleted is gone; nothing else of kbackup needs versions')
  return harmless(
    'on',
    'what is deleted can be got back, and costs until then: add a rule that expires noncurrent versions',
  )
}

async function objectLock({ client, bucket }: Place, signal: AbortSignal | undefined): Promise<Finding> {
  const none = harmless('off', 'whoever may delete can delete an archive')
  const output = await orUndefined(() =>
    sendOnce(client, new GetObjectLockConfigurationCommand({ Bucket: bucket }), signal),
  )
  const lock = output?.ObjectLockConfiguration
  if (lock?.ObjectLockEnabled !== 'Enabled') return none
  const { Mode, Days, Years } = lock.Rule?.DefaultRetention ?? {}
  if (Mode === undefined) return harmless('on', 'no object is locked by default; archives are as safe as their objects')
  const time = Years === undefined ? `${Days} days` : `${Years} years`
  return harmless(
    `${Mode.toLowerCase()}, ${time}`,
    'nobody can delete an archive before that; cleanups delete afterwards only, and writes need a checksum',
  )
}

async function lifecycle({ client, bucket }: Place, prefix: string, signal: AbortSignal | undefined): Promise<Finding> {
  const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket })
  const output = await orUndefined(() => sendOnce(client, command, signal))
  const rules = (output?.Rules ?? []).filter((rule) => rule.Status === 'Enabled' && concerns(rule, prefix))
  const value = `${rules.length} that ${rules.length === 1 ? 'concerns' : 'concern'} archives`
  const expiring = rules.find(({ Expiration: { Days, Date: date } = {} }) => Days !== undefined || date !== undefined)
  if (expiring !== undefined) {
    return {
      value,
      endangers: true,
      meaning: `${nameOf(expiring)} deletes objects of archives, which cannot be read any more then`,
    }
  }
  const freezing = rules.find(({ Transitions = [] }) =>
    Transitions.some(({ StorageClass }) => ARCHIVE_TIERS.includes(StorageClass ?? '')),
  )
  if (freezing !== undefined) {
    return {
      value,
      endangers: true,
      meaning: `${nameOf(freezing)} moves objects to a tier that cannot be read at once: restores fail`,
    }
  }
  const days = rules.find((rule) => rule.AbortIncompleteMultipartUpload !== undefined)?.AbortIncompleteMultipartUpload
  if (days !== undefined)
    return harmless(value, `unfinished uploads are removed after ${days.DaysAfterInitiation} days`)
  return harmless(
    value,
    'unfinished uploads of killed processes cost until kbackup storage clean removes them: add AbortIncompleteMultipartUpload',
  )
}

/** Whether a rule may touch keys below a prefix; one that also asks for tags or sizes may. */
function concerns({ Filter, Prefix }: LifecycleRule, prefix: string): boolean {
  const of = Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? ''
  return of.startsWith(prefix) || prefix.startsWith(of)
}

function nameOf({ ID }: LifecycleRule): string {
  return ID === undefined ? 'a rule' : `the rule ${JSON.stringify(ID)}`
}

function harmless(value: string, meaning: string): Finding {
  return { value, meaning, endangers: false }
}

async function orUndefined<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (NONE.includes(s3Failure(error, 'head')?.serviceCode ?? '')) return undefined
    throw error
  }
}

/** A store that does not know such settings, and one that does not show them, are no failures of a check. */
async function orNotKnown(right: string, ask: () => Promise<Finding>): Promise<Finding> {
  try {
    return await ask()
  } catch (error) {
    const failure = s3Failure(error, 'head')
    if (failure?.code === 'KB_STORE_FORBIDDEN') return harmless('not known', `${right} is not allowed`)
    if (failure?.code === 'KB_STORE_FAILED' || failure?.code === 'KB_BLOB_NOT_FOUND') {
      return harmless('not known', `the store answers ${failure.serviceCode ?? `HTTP ${failure.status}`}`)
    }
    throw error
  }
}

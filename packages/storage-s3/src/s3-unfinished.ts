import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type MultipartUpload,
} from '@aws-sdk/client-s3'
import type { BlobCallOptions, ListRequest, UnfinishedUpload, UploadPage } from '@kbackup/core'
import { listingCutShort } from './listing-cut-short.ts'
import { s3Failure } from './s3-failure.ts'
import type { S3UploadContext } from './s3-upload.ts'
import { sendOnce } from './send-once.ts'

type Place = Pick<S3UploadContext, 'client' | 'bucket'>

interface UploadName {
  readonly key: string
  readonly uploadId: string
}

/** One page of the multipart uploads below a prefix that were begun and neither completed nor aborted. */
export async function listS3Uploads(place: Place, { prefix, continuation, signal }: ListRequest): Promise<UploadPage> {
  const after: UploadName | undefined = continuation === undefined ? undefined : JSON.parse(continuation)
  const command = new ListMultipartUploadsCommand({
    Bucket: place.bucket,
    Prefix: prefix,
    KeyMarker: after?.key,
    UploadIdMarker: after?.uploadId,
  })
  const { Uploads = [], IsTruncated, NextKeyMarker, NextUploadIdMarker } = await sendOnce(place.client, command, signal)
  const uploads: UnfinishedUpload[] = []
  for (const upload of Uploads) {
    const found = await unfinished(place, upload, signal)
    if (found !== undefined) uploads.push(found)
  }
  if (IsTruncated !== true) return { uploads }
  if (NextKeyMarker === undefined) throw listingCutShort(place.bucket, prefix)
  return { uploads, next: JSON.stringify({ key: NextKeyMarker, uploadId: NextUploadIdMarker ?? '' }) }
}

/** Frees the parts of an upload; one that is gone is freed already. */
export async function discardS3Upload(
  { client, bucket }: Place,
  { key, uploadId }: UploadName,
  { signal }: BlobCallOptions,
): Promise<void> {
  try {
    const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId })
    await sendOnce(client, command, signal)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

async function unfinished(
  place: Place,
  { Key: key, UploadId: uploadId, Initiated }: MultipartUpload,
  signal: AbortSignal | undefined,
): Promise<UnfinishedUpload | undefined> {
  if (key === undefined || uploadId === undefined) return undefined
  try {
    const { bytes, lastAtMs } = await partsOf(place, { key, uploadId }, signal)
    return { key, id: uploadId, bytes, startedAtMs: Math.max(Initiated?.getTime() ?? 0, lastAtMs) }
  } catch (error) {
    // Completed or discarded since it was listed.
    if (isGone(error)) return undefined
    throw error
  }
}

/** What the parts take up, and when the last of them came. */
async function partsOf(
  { client, bucket }: Place,
  { key, uploadId }: UploadName,
  signal: AbortSignal | undefined,
): Promise<{ readonly bytes: number; readonly lastAtMs: number }> {
  let bytes = 0
  let lastAtMs = 0
  let marker: string | undefined
  do {
    const command = new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker })
    const page = await sendOnce(client, command, signal)
    for (const { Size = 0, LastModified } of page.Parts ?? []) {
      bytes += Size
      lastAtMs = Math.max(lastAtMs, LastModified?.getTime() ?? 0)
    }
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined
  } while (marker !== undefined)
  return { bytes, lastAtMs }
}

function isGone(error: unknown): boolean {
  return s3Failure(error, 'put')?.serviceCode === 'NoSuchUpload'
}

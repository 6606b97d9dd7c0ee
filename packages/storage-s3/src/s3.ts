import type { StorageClass } from '@aws-sdk/client-s3'
import { type BlobStore, objectBlobStore, silenceLimits } from '@kbackup/core'
import { createS3Client } from './s3-client.ts'
import { assertS3Options, type S3Options } from './s3-options.ts'
import { S3Service } from './s3-service.ts'
import type { ObjectSettings } from './s3-upload.ts'

/**
 * A store in a bucket of Amazon S3, or of a store that speaks S3; nothing is requested before the first call.
 *
 * - `ifAbsent` is `If-None-Match: *`, on single writes and on the completion of uploads in parts. A store that ignores it
 *   is not fit for archives; the contract of `@kbackup/core/testing` shows it.
 * - Streams go up in parts of 8 MiB; a failed or aborted upload is discarded with its parts. What a killed process leaves
 *   is for `kbackup storage clean`, or a lifecycle rule of the bucket.
 * - Every request is sent once, whatever the client is set to: what may be repeated is decided in one place of core.
 * - Errors bear the code of S3, the status and the id of the request, and neither headers nor credentials.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for options that do not fit together.
 *
 * @example
 * ```ts
 * import { s3 } from '@kbackup/storage-s3'
 *
 * const storage = s3({ bucket: 'kafka-backups', prefix: 'prod', region: 'eu-central-1' })
 * ```
 */
export function s3(options: S3Options): BlobStore {
  assertS3Options(options)
  const { answerMs, completionMs } = silenceLimits(options.silenceMs)
  const client = options.client ?? createS3Client(options, answerMs)
  // The SDK has one limit of silence for all requests of a client.
  const patientClient = options.client ?? createS3Client(options, completionMs)
  const service = new S3Service({ client, patientClient, bucket: options.bucket, settings: objectSettings(options) })
  return objectBlobStore(service, options)
}

function objectSettings(options: S3Options): ObjectSettings {
  const { storageClass, serverSideEncryption, kmsKeyId, tags, endpoint, client } = options
  const ownChecksum = client === undefined && endpoint === undefined ? 'CRC32' : 'none'
  const checksum = options.checksum ?? ownChecksum
  return {
    // Stores other than Amazon's have classes of their own.
    ...(storageClass === undefined ? {} : { StorageClass: storageClass as StorageClass }),
    ...(serverSideEncryption === undefined ? {} : { ServerSideEncryption: serverSideEncryption }),
    ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    ...(tags === undefined ? {} : { Tagging: new URLSearchParams({ ...tags }).toString() }),
    ...(checksum === 'none' ? {} : { ChecksumAlgorithm: checksum }),
  }
}

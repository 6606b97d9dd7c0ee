import { type BlobStore, objectBlobStore, silenceLimits } from '@kbackup/core'
import { createGcsClient } from './gcs-client.ts'
import { assertGcsOptions, type GcsOptions } from './gcs-options.ts'
import { GcsPlace } from './gcs-place.ts'
import { GcsRequests } from './gcs-requests.ts'
import { GcsService } from './gcs-service.ts'

/**
 * A store in a bucket of Google Cloud Storage; nothing is requested, and no credentials are looked for, before the first
 * call.
 *
 * - `ifAbsent` is `ifGenerationMatch=0`, on single writes and on sessions.
 * - Streams go up by resumable sessions in parts of 8 MiB, one after the other; a part whose answer was lost goes on where
 *   the session says. A failed or aborted upload is cancelled; what a killed process leaves is discarded by Google.
 * - Every request is sent once, whatever the client is set to: what may be repeated is decided in one place of core.
 * - Errors bear status and reason, and neither headers, nor credentials, nor the address of a session, which is a secret.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for options that do not fit together.
 *
 * @example
 * ```ts
 * import { gcs } from '@kbackup/storage-gcs'
 *
 * const storage = gcs({ bucket: 'kafka-backups', prefix: 'prod' })
 * ```
 */
export function gcs(options: GcsOptions): BlobStore {
  assertGcsOptions(options)
  const { bucket, storageClass, kmsKeyName, client } = options
  const requests = new GcsRequests(async () => client ?? createGcsClient(options), silenceLimits(options.silenceMs))
  const service = new GcsService(new GcsPlace(bucket, requests, { storageClass, kmsKeyName }))
  return objectBlobStore(service, options)
}

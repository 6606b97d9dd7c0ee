import { getFips } from 'node:crypto'
import { type BlobStore, objectBlobStore, silenceLimits } from '@kbackup/core'
import { containerClient } from './azure-client.ts'
import { type AzureOptions, assertAzureOptions } from './azure-options.ts'
import { AzureService } from './azure-service.ts'
import type { BlobSettings } from './azure-upload.ts'

/**
 * A store in a container of Azure Blob storage; nothing is requested before the first call.
 *
 * - `ifAbsent` is `If-None-Match: *`, on single writes and on the commit of uploads in blocks. `BlobAlreadyExists` and
 *   `ConditionNotMet` mean that another writer was first; every other conflict is an outcome that is unknown.
 * - Streams go up in blocks of 8 MiB. What a failed, aborted or killed upload leaves is not visible, and Azure removes it
 *   after a week.
 * - Every request is sent once, whatever the client is set to: what may be repeated is decided in one place of core.
 * - Errors bear the code of Azure, the status and the id of the request, and neither headers, addresses nor credentials.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for options that do not fit together; `KB_STORE_AUTHENTICATION` where there are
 * no credentials for an endpoint with http.
 *
 * @example
 * ```ts
 * import { azure } from '@kbackup/storage-azure'
 *
 * const storage = azure({ account: 'mybackups', container: 'kafka', prefix: 'prod' })
 * ```
 */
export function azure(options: AzureOptions): BlobStore {
  assertAzureOptions(options)
  const service = new AzureService({
    container: containerClient(options),
    settings: blobSettings(options),
    silence: silenceLimits(options.silenceMs),
    hasChecksum: (options.checksum ?? defaultChecksum()) === 'md5',
  })
  return objectBlobStore(service, options)
}

/** OpenSSL has no MD5 where it is held to FIPS. */
function defaultChecksum(): 'md5' | 'none' {
  return getFips() === 1 ? 'none' : 'md5'
}

function blobSettings({ accessTier, encryptionScope }: AzureOptions): BlobSettings {
  return {
    ...(accessTier === undefined ? {} : { tier: accessTier }),
    ...(encryptionScope === undefined ? {} : { encryptionScope }),
  }
}

import { type BlobStore, pacedBlobStore } from '@kbackup/core'
import type { AzureCredentials, AzureOptions } from '@kbackup/storage-azure'
import type { GcsOptions } from '@kbackup/storage-gcs'
import type { S3Credentials, S3Options } from '@kbackup/storage-s3'
import type { AzureLocation, GcsLocation, S3Location, StoreLocation } from '../options/store-location.ts'

/** The store of a place, held to the bandwidth that the place states; nothing is read before its first call. */
export async function openStore(location: StoreLocation): Promise<BlobStore> {
  const { maxUploadBytesPerSecond, maxDownloadBytesPerSecond, ...place } = location
  const store = await storeAt(place)
  if (maxUploadBytesPerSecond === undefined && maxDownloadBytesPerSecond === undefined) return store
  return pacedBlobStore(store, { maxUploadBytesPerSecond, maxDownloadBytesPerSecond })
}

/** The SDKs take a quarter of a second each to load: only the one that is needed is. */
async function storeAt(location: StoreLocation): Promise<BlobStore> {
  if (location.backend === 's3') return (await import('@kbackup/storage-s3')).s3(s3Options(location))
  if (location.backend === 'gcs') return (await import('@kbackup/storage-gcs')).gcs(gcsOptions(location))
  if (location.backend === 'azure') return (await import('@kbackup/storage-azure')).azure(azureOptions(location))
  return (await import('@kbackup/storage-fs')).fs({ directory: location.directory })
}

function s3Options({ backend: _, accessKey, secretKey, sessionToken, ...options }: S3Location): S3Options {
  if (accessKey === undefined || secretKey === undefined) return options
  const credentials: S3Credentials = {
    accessKeyId: accessKey.reveal(),
    secretAccessKey: secretKey.reveal(),
    sessionToken: sessionToken?.reveal(),
  }
  return { ...options, credentials }
}

function gcsOptions({ backend: _, clientEmail, privateKey, ...options }: GcsLocation): GcsOptions {
  if (clientEmail === undefined || privateKey === undefined) return options
  // In the environment the lines of a key are often joined by the two characters of a line break.
  return { ...options, credentials: { clientEmail, privateKey: privateKey.reveal().replaceAll('\\n', '\n') } }
}

function azureOptions(location: AzureLocation): AzureOptions {
  const { backend: _, accountKey, sasToken, tenantId, clientId, clientSecret, ...options } = location
  const credentials: AzureCredentials = {
    accountKey: accountKey?.reveal(),
    sasToken: sasToken?.reveal(),
    tenantId,
    clientId,
    clientSecret: clientSecret?.reveal(),
  }
  // Those of the environment count where the file has none.
  return Object.values(credentials).every((value) => value === undefined) ? options : { ...options, credentials }
}

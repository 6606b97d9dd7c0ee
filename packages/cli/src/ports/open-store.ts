import type { BlobStore } from '@kbackup/core'
import { type AzureCredentials, type AzureOptions, azure } from '@kbackup/storage-azure'
import { fs } from '@kbackup/storage-fs'
import { type GcsOptions, gcs } from '@kbackup/storage-gcs'
import { type S3Credentials, type S3Options, s3 } from '@kbackup/storage-s3'
import type { AzureLocation, GcsLocation, S3Location, StoreLocation } from '../options/store-location.ts'

/** The store of a place; nothing is read before its first call. */
export function openStore(location: StoreLocation): BlobStore {
  if (location.backend === 's3') return s3(s3Options(location))
  if (location.backend === 'gcs') return gcs(gcsOptions(location))
  if (location.backend === 'azure') return azure(azureOptions(location))
  return fs({ directory: location.directory })
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

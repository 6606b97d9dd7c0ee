import { join } from 'node:path'
import type { StorageConfig } from '../config/storage-schema.ts'
import { fileUrlDirectory } from './file-url.ts'
import {
  type AzureLocation,
  type GcsLocation,
  PLACE_KEYS,
  type S3Location,
  type StoreLocation,
} from './store-location.ts'

/** The place that a `storage` section names. */
export function configuredLocation(storage: StorageConfig): StoreLocation {
  return {
    ...placeOf(storage),
    maxUploadBytesPerSecond: storage.max_upload_bytes_per_second,
    maxDownloadBytesPerSecond: storage.max_download_bytes_per_second,
  }
}

function placeOf(storage: StorageConfig): StoreLocation {
  if (storage.backend === 's3') return s3Location(storage)
  if (storage.backend === 'gcs') return gcsLocation(storage)
  if (storage.backend === 'azure') return azureLocation(storage)
  const { path: given = '.', prefix } = storage
  const path = given.startsWith('file:') ? fileUrlDirectory(given) : given
  return { backend: 'filesystem', directory: prefix === undefined ? path : join(path, prefix) }
}

function s3Location(storage: StorageConfig): S3Location {
  return {
    backend: 's3',
    // The schema asks for it with this backend.
    bucket: storage.bucket ?? '',
    prefix: storage.prefix,
    region: storage.region,
    endpoint: storage.endpoint,
    pathStyle: storage.path_style,
    accessKey: storage.access_key,
    secretKey: storage.secret_key,
    sessionToken: storage.session_token,
    storageClass: storage.storage_class,
    serverSideEncryption: storage.server_side_encryption,
    kmsKeyId: storage.kms_key_id,
    tags: storage.tags,
    checksum: storage.checksum,
  }
}

function gcsLocation(storage: StorageConfig): GcsLocation {
  return {
    backend: 'gcs',
    // The schema asks for it with this backend.
    bucket: storage.bucket ?? '',
    prefix: storage.prefix,
    endpoint: storage.endpoint,
    project: storage.project,
    keyFile: storage.key_file,
    clientEmail: storage.client_email,
    privateKey: storage.private_key,
    storageClass: storage.storage_class,
    kmsKeyName: storage.kms_key_name,
  }
}

function azureLocation(storage: StorageConfig): AzureLocation {
  return {
    backend: 'azure',
    // The schema asks for both with this backend.
    account: storage.account ?? '',
    container: storage.container ?? '',
    prefix: storage.prefix,
    endpoint: storage.endpoint,
    accountKey: storage.account_key,
    sasToken: storage.sas_token,
    tenantId: storage.tenant_id,
    clientId: storage.client_id,
    clientSecret: storage.client_secret,
    accessTier: storage.access_tier,
    encryptionScope: storage.encryption_scope,
  }
}

/** The keys that name the folder of a place. */
export function pathSettingOf({ backend }: StoreLocation): string {
  const [last, ...others] = PLACE_KEYS[backend].toReversed()
  return others.length === 0 ? `${last}` : `${others.toReversed().join(', ')} and ${last} of`
}

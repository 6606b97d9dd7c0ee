import { join } from 'node:path'
import type { StorageConfig } from '../config/storage-schema.ts'
import type { StoreLocation } from './store-location.ts'

/** The place that a `storage` section names. */
export function configuredLocation(storage: StorageConfig): StoreLocation {
  const { path = '.', prefix } = storage
  if (storage.backend !== 's3') {
    return { backend: 'filesystem', directory: prefix === undefined ? path : join(path, prefix) }
  }
  return {
    backend: 's3',
    // The schema asks for it with this backend.
    bucket: storage.bucket ?? '',
    prefix,
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

/** The key that names the folder of a place. */
export function pathSettingOf({ backend }: StoreLocation): string {
  return backend === 'filesystem' ? 'storage.path' : 'storage.bucket and storage.prefix of'
}

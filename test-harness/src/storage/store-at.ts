import type { BlobStore, ObjectBlobStoreOptions } from '@kbackup/core'
import type { StoreAddress } from './store-address.ts'

/**
 * The store of an address, by its adapter; in a folder there are no parts.
 *
 * Only the SDK that is needed is loaded: processes that end soon are started by the hundred.
 */
export async function storeAt(
  address: StoreAddress,
  options: Pick<ObjectBlobStoreOptions, 'partBytes'> = {},
): Promise<BlobStore> {
  switch (address.backend) {
    case 'filesystem': {
      const { fs } = await import('@kbackup/storage-fs')
      return fs({ directory: address.directory })
    }
    case 'gcs': {
      const { gcs } = await import('@kbackup/storage-gcs')
      return gcs({ ...options, bucket: address.bucket, endpoint: address.endpoint })
    }
    case 's3': {
      const { s3 } = await import('@kbackup/storage-s3')
      const { bucket, endpoint, region, accessKeyId, secretAccessKey } = address
      return s3({ ...options, bucket, endpoint, region, credentials: { accessKeyId, secretAccessKey } })
    }
    case 'azure': {
      const { azure } = await import('@kbackup/storage-azure')
      const { account, container, endpoint, accountKey } = address
      return azure({ ...options, account, container, endpoint, credentials: { accountKey } })
    }
  }
}

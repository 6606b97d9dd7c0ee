import type { BlobStore } from '@kbackup/core'
import { azure } from '@kbackup/storage-azure'
import { gcs } from '@kbackup/storage-gcs'
import { s3 } from '@kbackup/storage-s3'
import type { ObjectMover, StoreAddress } from './store-job.ts'

/** Objects by kbackup's adapters, with what they do by default. */
export function kbackupMover(address: StoreAddress): ObjectMover {
  const store = storeAt(address)
  return {
    upload: (key, chunks) => store.put(key, chunks, { ifAbsent: true }),
    download: async (key, start, end) => (await store.get(key, { range: { start, end } })).length,
  }
}

/** The store of an address. */
export function storeAt(address: StoreAddress): BlobStore {
  if (address.backend === 'gcs') return gcs({ bucket: address.bucket, endpoint: address.endpoint })
  if (address.backend === 's3') {
    const { bucket, endpoint, region, accessKeyId, secretAccessKey } = address
    return s3({ bucket, endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  }
  const { account, container, endpoint, accountKey } = address
  return azure({ account, container, endpoint, credentials: { accountKey } })
}

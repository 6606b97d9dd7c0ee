import type { BlobStore } from '@kbackup/core'
import { startAzure, startGcs, startS3 } from '../../src/index.ts'
import { storeAt } from './kbackup-mover.ts'
import type { StoreAddress } from './store-job.ts'

/** A server with an empty bucket, for as long as it is measured. */
export interface TestStore extends AsyncDisposable {
  readonly address: StoreAddress
  readonly store: BlobStore
}

export async function openTestStore(backend: StoreAddress['backend']): Promise<TestStore> {
  const { address, stop } = await started(backend)
  return { address, store: storeAt(address), [Symbol.asyncDispose]: stop }
}

interface Started {
  readonly address: StoreAddress
  readonly stop: () => Promise<void>
}

async function started(backend: StoreAddress['backend']): Promise<Started> {
  if (backend === 's3') {
    const { endpoint, region, accessKeyId, secretAccessKey, createBucket, stop } = await startS3()
    const bucket = await createBucket()
    return { address: { backend, endpoint, region, bucket, accessKeyId, secretAccessKey }, stop }
  }
  if (backend === 'gcs') {
    const { endpoint, createBucket, stop } = await startGcs()
    return { address: { backend, endpoint, bucket: await createBucket() }, stop }
  }
  const { endpoint, account, accountKey, createContainer, stop } = await startAzure()
  return { address: { backend, endpoint, account, accountKey, container: await createContainer() }, stop }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAzure } from './start-azure.ts'
import { startGcs } from './start-gcs.ts'
import { startS3 } from './start-s3.ts'
import type { StoreAddress } from './store-address.ts'

/** An empty store, for as long as it is used. */
export interface AddressedStore extends AsyncDisposable {
  readonly address: StoreAddress
}

/** Starts a server with an empty bucket, or makes an empty folder. */
export function openAddressedStore(backend: StoreAddress['backend']): Promise<AddressedStore> {
  return OPENED[backend]()
}

const OPENED = {
  s3: async (): Promise<AddressedStore> => {
    const { endpoint, region, accessKeyId, secretAccessKey, createBucket, stop } = await startS3()
    const place = { endpoint, region, bucket: await createBucket() }
    return { address: { backend: 's3', ...place, accessKeyId, secretAccessKey }, [Symbol.asyncDispose]: stop }
  },
  gcs: async (): Promise<AddressedStore> => {
    const { endpoint, createBucket, stop } = await startGcs()
    return { address: { backend: 'gcs', endpoint, bucket: await createBucket() }, [Symbol.asyncDispose]: stop }
  },
  azure: async (): Promise<AddressedStore> => {
    const { endpoint, account, accountKey, createContainer, stop } = await startAzure()
    const place = { endpoint, account, container: await createContainer() }
    return { address: { backend: 'azure', ...place, accountKey }, [Symbol.asyncDispose]: stop }
  },
  filesystem: async (): Promise<AddressedStore> => {
    const directory = await mkdtemp(join(tmpdir(), 'kbackup-store-'))
    const remove = () => rm(directory, { recursive: true, force: true })
    return { address: { backend: 'filesystem', directory }, [Symbol.asyncDispose]: remove }
  },
} satisfies Record<StoreAddress['backend'], () => Promise<AddressedStore>>

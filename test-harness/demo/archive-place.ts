import { join } from 'node:path'
import type { BlobStore } from '@kbackup/core'
import { azure } from '@kbackup/storage-azure'
import { fs } from '@kbackup/storage-fs'
import { gcs } from '@kbackup/storage-gcs'
import { s3 } from '@kbackup/storage-s3'
import { startAzure, startGcs, startS3 } from '../src/index.ts'

/** Where the story may keep its archive. */
export const STORAGES = ['filesystem', 's3', 'gcs', 'azure'] as const
export type StorageName = (typeof STORAGES)[number]

/** Where the archive of the story lies. */
export interface ArchivePlace extends AsyncDisposable {
  /** For people: what follows `in`. */
  readonly description: string
  /** The lines below `storage:` in a configuration. */
  readonly storageLines: readonly string[]
  /** What the commands are given beside their own environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly store: BlobStore
  /** The folder, where it is one. */
  readonly folder?: string | undefined
}

/** Makes the place of an archive; that of a bucket has a server of its own, which ends with it. */
export function openArchivePlace(name: StorageName, directory: string, signal: AbortSignal): Promise<ArchivePlace> {
  return PLACES[name](directory, signal)
}

const PLACES: Record<StorageName, (directory: string, signal: AbortSignal) => Promise<ArchivePlace>> = {
  filesystem: async (directory) => folderPlace(directory),
  s3: (_directory, signal) => s3Place(signal),
  gcs: (_directory, signal) => gcsPlace(signal),
  azure: (_directory, signal) => azurePlace(signal),
}

/** A folder beside the configurations. */
export function folderPlace(directory: string): ArchivePlace {
  const folder = join(directory, 'backups')
  return {
    description: 'a folder',
    storageLines: ['backend: filesystem', 'path: ./backups'],
    environment: {},
    store: fs({ directory: folder }),
    folder,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function s3Place(signal: AbortSignal): Promise<ArchivePlace> {
  const service = await startS3({ signal })
  const { endpoint, region, accessKeyId, secretAccessKey } = service
  const bucket = await service.createBucket()
  return {
    description: `s3://${bucket} of a server that speaks S3, ${PROVIDERS[service.provider]}`,
    storageLines: ['backend: s3', `bucket: ${bucket}`, `endpoint: ${endpoint}`, `region: ${region}`],
    environment: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    store: s3({ bucket, endpoint, region, credentials: { accessKeyId, secretAccessKey } }),
    [Symbol.asyncDispose]: () => service.stop(),
  }
}

async function gcsPlace(signal: AbortSignal): Promise<ArchivePlace> {
  const service = await startGcs({ signal })
  const { endpoint } = service
  const bucket = await service.createBucket()
  return {
    description: `gs://${bucket} of an emulator of Google Cloud Storage, ${PROVIDERS[service.provider]}`,
    storageLines: ['backend: gcs', `bucket: ${bucket}`, `endpoint: ${endpoint}`],
    environment: {},
    store: gcs({ bucket, endpoint }),
    [Symbol.asyncDispose]: () => service.stop(),
  }
}

async function azurePlace(signal: AbortSignal): Promise<ArchivePlace> {
  const service = await startAzure({ signal })
  const { endpoint, account, accountKey } = service
  const container = await service.createContainer()
  return {
    description: `az://${account}/${container} of an emulator of Azure Blob storage, ${PROVIDERS[service.provider]}`,
    storageLines: ['backend: azure', `account: ${account}`, `container: ${container}`, `endpoint: ${endpoint}`],
    environment: { AZURE_STORAGE_KEY: accountKey },
    store: azure({ account, container, endpoint, credentials: { accountKey } }),
    [Symbol.asyncDispose]: () => service.stop(),
  }
}

const PROVIDERS = {
  address: 'at the address that was given',
  container: 'started here in a container',
  process: 'started here as a process',
} as const

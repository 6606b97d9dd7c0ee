import type { Secret } from '../config/secret.ts'

/** How fast bytes may go to a place, and come from it. */
export interface StoreBandwidth {
  readonly maxUploadBytesPerSecond?: number | undefined
  readonly maxDownloadBytesPerSecond?: number | undefined
}

/** A folder of this machine, or one that is mounted. */
export interface FilesystemLocation {
  readonly backend: 'filesystem'
  readonly directory: string
}

/** A bucket of S3, or of a store that speaks it. */
export interface S3Location {
  readonly backend: 's3'
  readonly bucket: string
  readonly prefix?: string | undefined
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
  readonly pathStyle?: boolean | undefined
  readonly accessKey?: Secret | undefined
  readonly secretKey?: Secret | undefined
  readonly sessionToken?: Secret | undefined
  readonly storageClass?: string | undefined
  readonly serverSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse' | undefined
  readonly kmsKeyId?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly checksum?: 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | 'none' | undefined
}

/** A bucket of Google Cloud Storage. */
export interface GcsLocation {
  readonly backend: 'gcs'
  readonly bucket: string
  readonly prefix?: string | undefined
  readonly endpoint?: string | undefined
  readonly project?: string | undefined
  readonly keyFile?: string | undefined
  readonly clientEmail?: string | undefined
  readonly privateKey?: Secret | undefined
  readonly storageClass?: string | undefined
  readonly kmsKeyName?: string | undefined
}

/** A container of Azure Blob storage. */
export interface AzureLocation {
  readonly backend: 'azure'
  readonly account: string
  readonly container: string
  readonly prefix?: string | undefined
  readonly endpoint?: string | undefined
  readonly accountKey?: Secret | undefined
  readonly sasToken?: Secret | undefined
  readonly tenantId?: string | undefined
  readonly clientId?: string | undefined
  readonly clientSecret?: Secret | undefined
  readonly accessTier?: 'Hot' | 'Cool' | 'Cold' | undefined
  readonly encryptionScope?: string | undefined
}

/** Where archives lie. */
export type StoreLocation = (FilesystemLocation | S3Location | GcsLocation | AzureLocation) & StoreBandwidth

/** How messages call a place: a folder by its path, others by their URL. */
export function locationText(location: StoreLocation): string {
  if (location.backend === 'filesystem') return `folder ${location.directory}`
  const { prefix } = location
  return prefix === undefined ? topOf(location) : `${topOf(location)}/${prefix}`
}

function topOf(location: Exclude<StoreLocation, FilesystemLocation>): string {
  if (location.backend === 'azure') return `az://${location.account}/${location.container}`
  return `${location.backend === 's3' ? 's3' : 'gs'}://${location.bucket}`
}

/** The keys of a configuration that name a place. */
export const PLACE_KEYS: Readonly<Record<StoreLocation['backend'], readonly string[]>> = {
  filesystem: ['storage.path'],
  s3: ['storage.bucket', 'storage.prefix'],
  gcs: ['storage.bucket', 'storage.prefix'],
  azure: ['storage.account', 'storage.container', 'storage.prefix'],
}

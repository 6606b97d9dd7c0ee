import type { Secret } from '../config/secret.ts'

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

/** Where archives lie. */
export type StoreLocation = FilesystemLocation | S3Location

/** How messages call a place: a folder by its path, a bucket by its URL. */
export function locationText(location: StoreLocation): string {
  if (location.backend === 'filesystem') return `folder ${location.directory}`
  const { bucket, prefix } = location
  return prefix === undefined ? `s3://${bucket}` : `s3://${bucket}/${prefix}`
}

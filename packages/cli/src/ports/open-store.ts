import type { BlobStore } from '@kbackup/core'
import { fs } from '@kbackup/storage-fs'
import { type S3Credentials, type S3Options, s3 } from '@kbackup/storage-s3'
import type { S3Location, StoreLocation } from '../options/store-location.ts'

/** The store of a place; nothing is read before its first call. */
export function openStore(location: StoreLocation): BlobStore {
  return location.backend === 's3' ? s3(s3Options(location)) : fs({ directory: location.directory })
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

import { z } from 'zod'
import { optionalKey, requiredKey } from './config-key.ts'
import { choice, secret, text } from './value-schemas.ts'

export const BACKENDS = ['filesystem', 's3', 'gcs', 'azure'] as const
export type Backend = (typeof BACKENDS)[number]

/** Keys that mean nothing to the backend `filesystem`. */
const BUCKET_KEYS = ['bucket', 'region', 'endpoint', 'access_key', 'secret_key'] as const

/** The section `storage`. */
export function storageSchema() {
  return z
    .strictObject({
      backend: requiredKey(choice(BACKENDS), {
        description: 'Where archives are kept.',
        type: 'word',
        values: BACKENDS,
        laterValues: { s3: 'storage on S3', gcs: 'storage on Google Cloud Storage', azure: 'storage on Azure Blob' },
      }),
      path: optionalKey(text(), {
        description: 'Backend `filesystem`: the folder in which archives lie, relative to the working directory.',
        type: 'path',
      }),
      prefix: optionalKey(text(), {
        description: 'Where below the folder or the bucket the archives lie.',
        type: 'text',
        default: 'none',
      }),
      bucket: optionalKey(text(), { description: 'Backends `s3` and `gcs`: the bucket.', type: 'text' }),
      region: optionalKey(text(), { description: 'Backend `s3`: the region.', type: 'text' }),
      endpoint: optionalKey(text(), {
        description: 'Backend `s3`: the address of a store that speaks S3, such as MinIO.',
        type: 'URL',
      }),
      access_key: optionalKey(secret(), {
        description: 'Backend `s3`: the access key.',
        type: 'text',
        secret: true,
      }),
      secret_key: optionalKey(secret(), {
        description: 'Backend `s3`: the secret key.',
        type: 'text',
        secret: true,
      }),
    })
    .superRefine((storage, context) => {
      if (storage.backend !== 'filesystem') return
      if (storage.path === undefined) {
        context.addIssue({ code: 'custom', path: ['path'], message: 'is missing; backend filesystem needs the folder' })
      }
      for (const key of BUCKET_KEYS.filter((name) => storage[name] !== undefined)) {
        context.addIssue({ code: 'custom', path: [key], message: 'means nothing to backend filesystem; remove it' })
      }
    })
}

export type StorageConfig = z.output<ReturnType<typeof storageSchema>>

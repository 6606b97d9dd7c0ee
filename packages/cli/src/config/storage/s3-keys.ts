import { z } from 'zod'
import { optionalKey } from '../config-key.ts'
import { choice, looseChoice, secret, text } from '../value-schemas.ts'

const CHECKSUMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'none'] as const

/** What only a bucket of S3, or of a store that speaks it, takes. */
export function s3Keys() {
  return {
    region: optionalKey(text(), { description: 'Backend `s3`: the region.', type: 'text' }),
    path_style: optionalKey(z.boolean(), {
      description: 'Backend `s3`: whether the bucket stands in the path of a request instead of its host name.',
      type: 'true or false',
      default: '`true` with an endpoint',
    }),
    access_key: optionalKey(secret(), {
      description:
        'Backend `s3`: the access key; by default the credentials of the environment, a profile, a container or an instance.',
      type: 'text',
      secret: true,
    }),
    secret_key: optionalKey(secret(), {
      description: 'Backend `s3`: the secret key.',
      type: 'text',
      secret: true,
    }),
    session_token: optionalKey(secret(), {
      description: 'Backend `s3`: the token of temporary keys.',
      type: 'text',
      secret: true,
    }),
    server_side_encryption: optionalKey(choice(['AES256', 'aws:kms', 'aws:kms:dsse']), {
      description: 'Backend `s3`: how the store encrypts every object.',
      type: 'word',
      values: ['AES256', 'aws:kms', 'aws:kms:dsse'],
      default: "the bucket's own",
    }),
    kms_key_id: optionalKey(text(), {
      description: 'Backend `s3`: the key of `aws:kms`.',
      type: 'text',
    }),
    tags: optionalKey(z.record(text(), z.string()), {
      description: 'Backend `s3`: tags that every object gets.',
      type: 'names and values',
    }),
    checksum: optionalKey(looseChoice(CHECKSUMS), {
      description: 'Backend `s3`: the checksum that is sent with every object and kept by the store.',
      type: 'word',
      values: CHECKSUMS,
      default: '`CRC32`; `none` with an endpoint',
    }),
  }
}

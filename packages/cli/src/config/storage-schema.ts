import { z } from 'zod'
import { optionalKey, requiredKey } from './config-key.ts'
import { choice, looseChoice, secret, size, text } from './value-schemas.ts'

export const BACKENDS = ['filesystem', 's3', 'gcs', 'azure'] as const
const CHECKSUMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'none'] as const
const TIERS = ['Hot', 'Cool', 'Cold'] as const
export type Backend = (typeof BACKENDS)[number]

const S3_KEYS = [
  'region',
  'endpoint',
  'path_style',
  'access_key',
  'secret_key',
  'session_token',
  'storage_class',
  'server_side_encryption',
  'kms_key_id',
  'tags',
  'checksum',
] as const

const GCS_KEYS = [
  'endpoint',
  'project',
  'key_file',
  'client_email',
  'private_key',
  'storage_class',
  'kms_key_name',
] as const

const AZURE_KEYS = [
  'endpoint',
  'account_key',
  'sas_token',
  'tenant_id',
  'client_id',
  'client_secret',
  'access_tier',
  'encryption_scope',
] as const

type OwnKey =
  | 'path'
  | 'bucket'
  | 'account'
  | 'container'
  | (typeof S3_KEYS)[number]
  | (typeof GCS_KEYS)[number]
  | (typeof AZURE_KEYS)[number]

interface BackendKeys {
  /** What it needs, and what that is. */
  readonly needs: readonly { readonly key: OwnKey; readonly what: string }[]
  /** What it takes beside that. */
  readonly takes: readonly OwnKey[]
}

/** The keys of each backend. */
const KEYS_OF: Readonly<Record<Backend, BackendKeys>> = {
  filesystem: { needs: [{ key: 'path', what: 'the folder' }], takes: [] },
  s3: { needs: [{ key: 'bucket', what: 'the name of the bucket' }], takes: S3_KEYS },
  gcs: { needs: [{ key: 'bucket', what: 'the name of the bucket' }], takes: GCS_KEYS },
  azure: {
    needs: [
      { key: 'account', what: 'the name of the storage account' },
      { key: 'container', what: 'the name of the container' },
    ],
    takes: AZURE_KEYS,
  },
}

/** Keys that mean something to some backends only. */
const OWN_KEYS: ReadonlySet<OwnKey> = new Set(Object.values(KEYS_OF).flatMap(keysOfBackend))

function keysOfBackend({ needs, takes }: BackendKeys): readonly OwnKey[] {
  return [...needs.map(({ key }) => key), ...takes]
}

/** Keys that go together. */
const PAIRS = [
  ['access_key', 'secret_key'],
  ['client_email', 'private_key'],
] as const

/** The section `storage`. */
export function storageSchema() {
  return z
    .strictObject({
      backend: requiredKey(choice(BACKENDS), {
        description: 'Where archives are kept.',
        type: 'word',
        values: BACKENDS,
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
        description:
          'Backends `s3`, `gcs` and `azure`: the address of a store that speaks S3, such as MinIO, of another cloud, or of an emulator.',
        type: 'URL',
      }),
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
      storage_class: optionalKey(text(), {
        description:
          'Backends `s3` and `gcs`: the class of every object, such as `STANDARD_IA` or `NEARLINE`; archive tiers of S3 cannot be read at once.',
        type: 'word',
        default: "the bucket's own",
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
      project: optionalKey(text(), {
        description: 'Backend `gcs`: the project that credentials are looked up for.',
        type: 'text',
        default: "the credentials' own",
      }),
      key_file: optionalKey(text(), {
        description:
          'Backend `gcs`: the JSON file of a service account or of workload identity federation; by default what `GOOGLE_APPLICATION_CREDENTIALS` names, who has signed in with `gcloud auth application-default login`, or the identity of the machine.',
        type: 'path',
      }),
      client_email: optionalKey(text(), {
        description: 'Backend `gcs`: the address of a service account, instead of a file.',
        type: 'text',
      }),
      private_key: optionalKey(secret(), {
        description: 'Backend `gcs`: the private key of the service account, in PEM.',
        type: 'text',
        secret: true,
      }),
      kms_key_name: optionalKey(text(), {
        description: 'Backend `gcs`: the key of the Key Management Service for every object.',
        type: 'text',
        default: "the bucket's own",
      }),
      account: optionalKey(text(), { description: 'Backend `azure`: the storage account.', type: 'text' }),
      container: optionalKey(text(), { description: 'Backend `azure`: the container.', type: 'text' }),
      account_key: optionalKey(secret(), {
        description:
          'Backend `azure`: the key of the account; by default `AZURE_STORAGE_KEY` or `AZURE_STORAGE_SAS_TOKEN` of the environment, else a managed or workload identity, or who has signed in with `az login`.',
        type: 'text',
        secret: true,
      }),
      sas_token: optionalKey(secret(), {
        description: 'Backend `azure`: a shared access signature, instead of the key.',
        type: 'text',
        secret: true,
      }),
      tenant_id: optionalKey(text(), { description: 'Backend `azure`: the directory of an identity.', type: 'text' }),
      client_id: optionalKey(text(), {
        description:
          'Backend `azure`: the application; without a secret, the managed or workload identity that is meant.',
        type: 'text',
      }),
      client_secret: optionalKey(secret(), {
        description: 'Backend `azure`: the secret of the application.',
        type: 'text',
        secret: true,
      }),
      access_tier: optionalKey(looseChoice(TIERS), {
        description: 'Backend `azure`: the tier of every blob; the archive tier cannot be read at once.',
        type: 'word',
        values: TIERS,
        default: "the account's own",
      }),
      encryption_scope: optionalKey(text(), {
        description: 'Backend `azure`: the encryption scope of every blob.',
        type: 'text',
        default: "the container's own",
      }),
      max_upload_bytes_per_second: optionalKey(size(1024), {
        description: 'How fast a run may send to the store, all its requests together.',
        type: 'size',
        default: 'no limit',
      }),
      max_download_bytes_per_second: optionalKey(size(1024), {
        description: 'How fast a run may read from the store, all its requests together.',
        type: 'size',
        default: 'no limit',
      }),
      unsafe_single_writer: optionalKey(z.boolean(), {
        description:
          'Back up to a store that ignores conditions, such as `If-None-Match`, which is refused otherwise. Two writers destroy each ' +
          "other's commits there: nothing but this one backup may write to the archive, and each report says so.",
        type: 'true or false',
        default: '`false`',
      }),
    })
    .superRefine((storage, context) => {
      const keys = KEYS_OF[storage.backend]
      const complain = (key: OwnKey, message: string): void =>
        context.addIssue({ code: 'custom', path: [key], message })
      for (const { key, what } of keys.needs) {
        if (storage[key] === undefined) complain(key, `is missing; backend ${storage.backend} needs ${what}`)
      }
      const known = keysOfBackend(keys)
      for (const key of OWN_KEYS) {
        if (storage[key] === undefined || known.includes(key)) continue
        complain(key, `means nothing to backend ${storage.backend}; remove it`)
      }
      for (const [one, other] of PAIRS) {
        if ((storage[one] === undefined) === (storage[other] === undefined)) continue
        complain(storage[one] === undefined ? one : other, 'is missing; give both keys, or neither')
      }
    })
}

export type StorageConfig = z.output<ReturnType<typeof storageSchema>>

import type { ChecksumAlgorithm, S3Client } from '@aws-sdk/client-s3'
import {
  assertOptions,
  KbackupError,
  type ObjectBlobStoreOptions,
  type OptionKind,
  objectStoreOptions,
  optionKinds,
} from '@kbackup/core'

/** Credentials that are given explicitly. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
}

/** Where archives lie in S3, or in a store that speaks it, and how objects are written there. */
export interface S3Options extends ObjectBlobStoreOptions {
  /** The name of the bucket, or the ARN of an access point. */
  readonly bucket: string
  /** The region of the bucket; by default that of the environment, and `us-east-1` with an `endpoint`. */
  readonly region?: string | undefined
  /** The URL of a store that speaks S3, `https:` or `http:`; Amazon's own by default. */
  readonly endpoint?: string | undefined
  /** Whether the bucket stands in the path instead of the host name; by default where an `endpoint` is given. */
  readonly pathStyle?: boolean | undefined
  /**
   * `accessKeyId`, `secretAccessKey`, and the `sessionToken` of temporary ones; by default those that the SDK finds:
   * environment, profile, web identity, container, instance.
   */
  readonly credentials?: S3Credentials | undefined
  /** A ready client; `region`, `endpoint`, `pathStyle`, `credentials` and `silenceMs` are then its own. */
  readonly client?: S3Client | undefined
  /** `STANDARD_IA`, `INTELLIGENT_TIERING` and so on; the bucket's own by default. Archive tiers cannot be read at once. */
  readonly storageClass?: string | undefined
  /** `AES256`, `aws:kms` or `aws:kms:dsse`; by default what the bucket is set to. */
  readonly serverSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse' | undefined
  /** The key of the Key Management Service, with `aws:kms` and `aws:kms:dsse`. */
  readonly kmsKeyId?: string | undefined
  /** Tags that every object gets; they need the right `s3:PutObjectTagging`. */
  readonly tags?: Readonly<Record<string, string>> | undefined
  /**
   * The checksum that is sent with each object and kept by the store: by default `CRC32` on Amazon's own S3, and `none`
   * with an `endpoint`, since R2, Ceph and older MinIO refuse some. The signature covers a SHA-256 of the body in any case.
   */
  readonly checksum?: ChecksumAlgorithm | 'none' | undefined
}

const { text, flag, textRecord, oneOf, section, objectWith, anything } = optionKinds

const CREDENTIALS_OPTIONS = {
  accessKeyId: text,
  secretAccessKey: text,
  sessionToken: text,
  // A mark that the SDK leaves in an object that a client was made with.
  $source: anything,
} satisfies Record<keyof S3Credentials | '$source', OptionKind>

/** Every option of {@link S3Options}. */
export const S3_OPTIONS = {
  ...objectStoreOptions,
  // What is wrong with a bucket or an endpoint is said in words of its own.
  bucket: anything,
  region: text,
  endpoint: text,
  pathStyle: flag,
  credentials: section(CREDENTIALS_OPTIONS),
  client: objectWith(['send'], 'an S3Client of @aws-sdk/client-s3'),
  storageClass: text,
  serverSideEncryption: oneOf({ AES256: true, 'aws:kms': true, 'aws:kms:dsse': true }),
  kmsKeyId: text,
  tags: textRecord,
  // The SDK adds algorithms; the store says which it takes.
  checksum: text,
} satisfies Record<keyof S3Options, OptionKind>

/** Refuses options that no client can be made of; never shows the endpoint, which may hold a password. */
export function assertS3Options(given: S3Options): void {
  assertOptions('s3', given, S3_OPTIONS)
  const { bucket, endpoint, credentials, client, ...options } = given
  if (typeof bucket !== 'string' || !/^[^\s?#]+$/.test(bucket)) {
    throw invalid('the S3 store was given no bucket', 'Name one, for instance kafka-backups.')
  }
  // The name of an access point, too, has slashes, and colons.
  if (bucket.includes('/') && !bucket.startsWith('arn:')) {
    throw invalid(
      'the bucket of the S3 store is more than the name of one',
      'Give the name alone, and what follows it as prefix.',
    )
  }
  if (endpoint !== undefined) assertEndpoint(endpoint)
  if (credentials !== undefined && !(credentials.accessKeyId && credentials.secretAccessKey)) {
    throw invalid(
      'the credentials of the S3 store are incomplete',
      'Give the id of an access key and its secret, or neither.',
    )
  }
  const ownOfClient = [options.region, endpoint, options.pathStyle, credentials, options.silenceMs]
  if (client !== undefined && ownOfClient.some((option) => option !== undefined)) {
    throw invalid(
      'the S3 store was given a client, and settings that the client has itself',
      'Leave out region, endpoint, pathStyle, credentials and silenceMs beside a client.',
    )
  }
  if (client?.config.cacheMiddleware === true) {
    throw invalid(
      'the client of the S3 store has cacheMiddleware, with which single requests cannot be kept from being repeated',
      'Give a client without it.',
    )
  }
}

function assertEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid('the endpoint of the S3 store is no URL', 'Write it whole, for instance https://s3.example.com:9000.')
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid(
      'the endpoint of the S3 store has more than scheme, host, port and path',
      'Give credentials by themselves, not in the endpoint.',
    )
  }
}

function invalid(message: string, hint: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', { message, hint })
}

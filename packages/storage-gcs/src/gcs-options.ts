import type { Storage } from '@google-cloud/storage'
import {
  assertOptions,
  KbackupError,
  type ObjectBlobStoreOptions,
  type OptionKind,
  objectStoreOptions,
  optionKinds,
} from '@kbackup/core'

/** The credentials of a service account that are given explicitly. */
export interface GcsCredentials {
  /** `backup@project.iam.gserviceaccount.com`. */
  readonly clientEmail: string
  /** The private key in PEM. */
  readonly privateKey: string
}

/** Where archives lie in Google Cloud Storage, and how objects are written there. */
export interface GcsOptions extends Pick<ObjectBlobStoreOptions, 'prefix' | 'partBytes' | 'retry' | 'silenceMs'> {
  /** The name of the bucket. */
  readonly bucket: string
  /** The project that credentials are looked up for; by default the one of the credentials. */
  readonly project?: string | undefined
  /** The URL of another service that speaks the JSON API, `https:` or `http:`; Google's own by default. */
  readonly endpoint?: string | undefined
  /** The path of a JSON file: a key of a service account, or a configuration of workload identity federation. */
  readonly keyFile?: string | undefined
  /** `clientEmail` and `privateKey`; by default those that the SDK finds: `GOOGLE_APPLICATION_CREDENTIALS`, gcloud, the metadata server. */
  readonly credentials?: GcsCredentials | undefined
  /** A ready client; `project`, `endpoint`, `keyFile` and `credentials` are then its own. */
  readonly client?: Storage | undefined
  /** `NEARLINE`, `COLDLINE` and so on; the bucket's own by default. */
  readonly storageClass?: string | undefined
  /** The key of the Key Management Service: `projects/…/locations/…/keyRings/…/cryptoKeys/…`; by default what the bucket is set to. */
  readonly kmsKeyName?: string | undefined
}

const { text, section, objectWith, anything } = optionKinds

const CREDENTIALS_OPTIONS = {
  clientEmail: text,
  privateKey: text,
} satisfies Record<keyof GcsCredentials, OptionKind>

/** Every option of {@link GcsOptions}. */
export const GCS_OPTIONS = {
  // A session takes one part after the other, so that there is nothing to say about how many.
  prefix: objectStoreOptions.prefix,
  partBytes: objectStoreOptions.partBytes,
  retry: objectStoreOptions.retry,
  silenceMs: objectStoreOptions.silenceMs,
  // What is wrong with a bucket is said in words of its own.
  bucket: anything,
  project: text,
  endpoint: text,
  keyFile: text,
  credentials: section(CREDENTIALS_OPTIONS),
  client: objectWith(['bucket', 'getProjectId'], 'a Storage of @google-cloud/storage'),
  storageClass: text,
  kmsKeyName: text,
} satisfies Record<keyof GcsOptions, OptionKind>

const BUCKET_NAME = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/
// A session takes all parts but the last in multiples of this only.
const PART_UNIT = 256 * 1024

/** Refuses options that no store can be made of; never shows the endpoint or credentials. */
export function assertGcsOptions(given: GcsOptions): void {
  assertOptions('gcs', given, GCS_OPTIONS)
  const { bucket, endpoint, prefix } = given
  if (typeof bucket !== 'string' || !BUCKET_NAME.test(bucket)) {
    throw invalid(
      'the Google Cloud store was given no bucket, or a name that no bucket has',
      'Name one, without gs:// and prefix, for instance kafka-backups.',
    )
  }
  if (endpoint !== undefined) assertEndpoint(endpoint)
  assertCredentials(given)
  assertPartBytes(given.partBytes)
  if (prefix !== undefined && /^\/*\.well-known\/acme-challenge(\/|$)/.test(prefix)) {
    throw invalid('Google Cloud Storage keeps names below .well-known/acme-challenge for itself', 'Use another prefix.')
  }
}

function assertCredentials({ client, credentials, keyFile, endpoint, project }: GcsOptions): void {
  if (credentials !== undefined && !(credentials.clientEmail && credentials.privateKey)) {
    throw invalid(
      'the credentials of the Google Cloud store are incomplete',
      'Give the email address of the service account and its private key, or neither.',
    )
  }
  if (credentials !== undefined && keyFile !== undefined) {
    throw invalid('the Google Cloud store was given credentials and a key file', 'Give one of them.')
  }
  if (client !== undefined && [credentials, keyFile, endpoint, project].some((option) => option !== undefined)) {
    throw invalid(
      'the Google Cloud store was given a client, and settings that the client has itself',
      'Leave out project, endpoint, keyFile and credentials beside a client.',
    )
  }
}

function assertPartBytes(partBytes: number | undefined): void {
  if (partBytes === undefined || partBytes % PART_UNIT === 0) return
  throw invalid(
    `gs: partBytes is ${partBytes}, and sessions take parts in multiples of ${PART_UNIT} bytes`,
    'Give whole MiB, for instance 8 * 1024 * 1024.',
  )
}

function assertEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid(
      'the endpoint of the Google Cloud store is no URL',
      'Write it whole, for instance http://127.0.0.1:4443.',
    )
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || url.pathname !== '/') {
    throw invalid(
      'the endpoint of the Google Cloud store has more than scheme, host and port',
      'Give credentials by themselves, not in the endpoint.',
    )
  }
}

function invalid(message: string, hint: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', { message, hint })
}

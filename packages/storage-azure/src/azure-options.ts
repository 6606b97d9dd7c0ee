import type { ContainerClient } from '@azure/storage-blob'
import {
  assertOptions,
  KbackupError,
  type ObjectBlobStoreOptions,
  type OptionKind,
  objectStoreOptions,
  optionKinds,
} from '@kbackup/core'
import { accountEndpoint } from './account-endpoint.ts'

/** Credentials that are given explicitly, of one kind: the key of the account, a shared access signature, or an identity. */
export interface AzureCredentials {
  /** The key of the account. */
  readonly accountKey?: string | undefined
  /** A shared access signature of the container or the account, with or without its question mark. */
  readonly sasToken?: string | undefined
  /** The directory of the identity. */
  readonly tenantId?: string | undefined
  /** The application; without a secret, which managed or workload identity the chain of the SDK is to use. */
  readonly clientId?: string | undefined
  /** The secret of the application. */
  readonly clientSecret?: string | undefined
}

/** Where archives lie in Azure Blob storage, and how blobs are written there. */
export interface AzureOptions extends ObjectBlobStoreOptions {
  /** The name of the storage account; needed, unless a `client` has its own. */
  readonly account?: string | undefined
  /** The name of the container; needed, unless a `client` has its own. */
  readonly container?: string | undefined
  /**
   * The URL of the blob service, `https:` or `http:`, of another cloud or an emulator; `https://{account}.blob.core.windows.net`
   * by default. Where the host is an address or has no dots, the account stands in the path.
   */
  readonly endpoint?: string | undefined
  /**
   * `{ accountKey }`, `{ sasToken }` or `{ tenantId, clientId, clientSecret }`; by default `AZURE_STORAGE_KEY` or `AZURE_STORAGE_SAS_TOKEN` of the environment, else what `DefaultAzureCredential` finds:
   * environment, workload identity, managed identity, and the tools for developers.
   */
  readonly credentials?: AzureCredentials | undefined
  /** A ready `ContainerClient`; `account`, `container`, `endpoint` and `credentials` are then its own. */
  readonly client?: ContainerClient | undefined
  /** `Hot`, `Cool` or `Cold`; the account's own by default. Blobs in the archive tier cannot be read. */
  readonly accessTier?: 'Hot' | 'Cool' | 'Cold' | undefined
  /** The encryption scope of every blob; the container's own by default. */
  readonly encryptionScope?: string | undefined
  /**
   * Whether an MD5 of every body is sent, which the service compares; `md5` by default, and `none` where OpenSSL is held to
   * FIPS and has none.
   */
  readonly checksum?: 'md5' | 'none' | undefined
}

const { text, oneOf, section, objectWith } = optionKinds

const CREDENTIAL_OPTIONS = {
  accountKey: text,
  sasToken: text,
  tenantId: text,
  clientId: text,
  clientSecret: text,
} as const satisfies Record<keyof AzureCredentials, OptionKind>

/** The options of the store by their names. */
const AZURE_OPTIONS = {
  account: text,
  container: text,
  endpoint: text,
  credentials: section(CREDENTIAL_OPTIONS),
  client: objectWith(['getBlockBlobClient'], 'a ContainerClient of @azure/storage-blob'),
  accessTier: oneOf({ Hot: true, Cool: true, Cold: true }),
  encryptionScope: text,
  checksum: oneOf({ md5: true, none: true }),
  ...objectStoreOptions,
} as const satisfies Record<keyof AzureOptions, OptionKind>

/** Where a store is that no ready client was given for. */
export interface AzurePlace {
  readonly account: string
  readonly container: string
  readonly endpoint: string
}

/** Refuses options that no client can be made of; never shows the endpoint, which may hold a password. */
export function assertAzureOptions(options: AzureOptions): void {
  assertOptions('azure', options, AZURE_OPTIONS)
  const { client, account, container, endpoint, credentials } = options
  if (client === undefined) {
    const place = azurePlace(options)
    if (credentials !== undefined) assertCredentials(credentials, place)
    return
  }
  if ([account, container, endpoint, credentials].some((option) => option !== undefined)) {
    throw invalid(
      'the Azure store was given a client, and settings that the client has itself',
      'Leave out account, container, endpoint and credentials beside a client.',
    )
  }
}

/** The place that the options name, checked. */
export function azurePlace({ account, container, endpoint }: AzureOptions): AzurePlace {
  if (account === undefined || !/^[a-z0-9]{3,24}$/.test(account)) {
    throw invalid(
      `the Azure store was given ${account === undefined ? 'no account' : 'an account that cannot be the name of one'}`,
      'Name the storage account, 3 to 24 small letters and digits, for instance mybackups.',
    )
  }
  if (container === undefined || !/^(\$root|[a-z0-9](-?[a-z0-9]){2,62})$/.test(container)) {
    throw invalid(
      `the Azure store was given ${container === undefined ? 'no container' : 'a container that cannot be the name of one'}`,
      'Name the container alone, without az:// and prefix: 3 to 63 small letters, digits and single hyphens.',
    )
  }
  return { account, container, endpoint: accountEndpoint(account, endpoint) }
}

function assertCredentials(credentials: AzureCredentials, { endpoint }: AzurePlace): void {
  const given = Object.entries(credentials).filter(([, value]) => value !== undefined)
  const names = new Set(given.map(([name]) => name))
  if (given.some(([, value]) => value === '')) {
    throw invalid('the credentials of the Azure store are incomplete', 'Leave out what has no value.')
  }
  const isShared = names.has('accountKey') || names.has('sasToken')
  if (isShared && names.size > 1) {
    throw invalid(
      'the Azure store was given more than one kind of credentials',
      'Give the key of the account, or a shared access signature, or tenant, client and secret of an application.',
    )
  }
  if (names.has('clientSecret') && !(names.has('tenantId') && names.has('clientId'))) {
    throw invalid(
      'the credentials of the Azure store are incomplete',
      'Give the ids of tenant and client beside the secret.',
    )
  }
  if (!isShared && names.size > 0 && endpoint.startsWith('http:')) {
    throw invalid(
      'the Azure store would send tokens over http',
      'Give an endpoint with https, or an account key or a shared access signature, which are not sent or not kept secret over http.',
    )
  }
}

function invalid(message: string, hint: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', { message, hint })
}

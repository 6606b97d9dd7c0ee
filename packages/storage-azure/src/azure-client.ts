import {
  AnonymousCredential,
  ContainerClient,
  isPipelineLike,
  newPipeline,
  type StoragePipelineOptions,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { KbackupError } from '@kbackup/core'
import { identityCredential } from './azure-credential.ts'
import { type AzureCredentials, type AzureOptions, type AzurePlace, azurePlace } from './azure-options.ts'
import { ownAnswersOnly } from './own-answer.ts'

/**
 * Each request is sent once: a repeated conditional write would meet its own blob and look lost. What may be repeated is
 * decided by core. A token that is refused with a challenge is renewed once, since such a request was not performed.
 */
const SENT_ONCE = { retryOptions: { maxTries: 1 }, redirectOptions: { maxRetries: 0 } }

/** A client for these options, ready or new; it makes no connection before its first request. */
export function containerClient(options: AzureOptions): ContainerClient {
  if (options.client !== undefined) return sentOnce(options.client)
  const place = azurePlace(options)
  const url = `${place.endpoint}/${encodeURIComponent(place.container)}`
  const credentials = options.credentials ?? environmentCredentials(place)
  if (credentials.sasToken !== undefined) {
    const signature = credentials.sasToken.replace(/^\?/, '')
    return new ContainerClient(`${url}?${signature}`, ownPipeline(new AnonymousCredential()))
  }
  return new ContainerClient(url, ownPipeline(credentialOf(credentials, place)))
}

function ownPipeline(credential: Parameters<typeof newPipeline>[0], options: StoragePipelineOptions = {}) {
  const pipeline = newPipeline(credential, { ...options, ...SENT_ONCE })
  pipeline.factories.push(ownAnswersOnly)
  return pipeline
}

function credentialOf({ accountKey, ...identity }: AzureCredentials, { account, endpoint }: AzurePlace) {
  if (accountKey !== undefined) return new StorageSharedKeyCredential(account, accountKey)
  if (endpoint.startsWith('https:')) return identityCredential(identity)
  throw new KbackupError('KB_STORE_AUTHENTICATION', {
    message: 'the Azure store was given no credentials, and sends tokens of an identity over https only',
    hint: 'Give the key of the account or a shared access signature, for instance in AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN.',
  })
}

/** What the tools of Azure read as well. A key is that of `AZURE_STORAGE_ACCOUNT`, where that is set. */
function environmentCredentials({ account }: AzurePlace): AzureCredentials {
  const { AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN } = process.env
  if (AZURE_STORAGE_ACCOUNT && AZURE_STORAGE_ACCOUNT !== account) return {}
  if (AZURE_STORAGE_KEY) return { accountKey: AZURE_STORAGE_KEY }
  return AZURE_STORAGE_SAS_TOKEN ? { sasToken: AZURE_STORAGE_SAS_TOKEN } : {}
}

/**
 * The same client without its retries, with its credential, HTTP client, proxy and policies. The pipeline of a client is no
 * part of its public type; this is the only place that looks at it.
 */
function sentOnce(client: ContainerClient): ContainerClient {
  const pipeline: unknown = Reflect.get(client, 'pipeline')
  if (!isPipelineLike(pipeline)) {
    throw new KbackupError('KB_CONFIG_INVALID', {
      message: 'the client of the Azure store has no pipeline whose retries could be switched off',
      hint: 'Give a ContainerClient of @azure/storage-blob 12, or account, container and credentials.',
    })
  }
  const single = ownPipeline(client.credential, pipeline.options)
  single.factories.push(...pipeline.factories)
  const isOfThisSdk: boolean = client instanceof ContainerClient
  // Another copy of the SDK knows only its own credentials.
  return isOfThisSdk
    ? new ContainerClient(client.url, single)
    : Reflect.construct(client.constructor, [client.url, single])
}

import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { containerImage } from '../containers/container-image.ts'
import { sayProgress } from '../progress-line.ts'
import { type StoreProgram, type StoreServer, startStoreServer } from './store-server.ts'
import type { TestAzure } from './test-azure.ts'

/** Environment variable with the URL of a service that somebody else runs. */
const GIVEN_AZURE_VARIABLE = 'KBACKUP_TEST_AZURE'
const VERSION = '3.35.0'
const ACCOUNT = 'kbackuptests'
const SIGNED_FOR_MS = 3_600_000

type AzureFacts = Pick<TestAzure, 'provider' | 'endpoint' | 'account' | 'accountKey'>

/**
 * Starts a service that speaks the protocol of Azure Blob storage, or uses one, and says which: the URL in
 * `KBACKUP_TEST_AZURE` (account and key in `KBACKUP_TEST_AZURE_ACCOUNT` and `KBACKUP_TEST_AZURE_KEY`), else Azurite in a
 * container where an engine answers, else as a process, which npm has installed.
 */
export async function startAzure({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<TestAzure> {
  signal?.throwIfAborted()
  const startedAtMs = Date.now()
  const { facts, stop } = await pick(signal)
  sayProgress(`Azure by ${facts.provider} at ${facts.endpoint} (${Date.now() - startedAtMs} ms)`)
  return {
    ...facts,
    createContainer: () => createContainer(facts),
    signatureFor: (container, permissions) => signatureFor(facts, container, permissions),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function pick(signal: AbortSignal | undefined): Promise<{ facts: AzureFacts; stop: () => Promise<void> }> {
  const endpoint = process.env[GIVEN_AZURE_VARIABLE]
  if (endpoint) return { facts: givenFacts(endpoint), stop: async () => undefined }
  const image = await containerImage(`mcr.microsoft.com/azure-storage/azurite:${VERSION}`, signal)
  const accountKey = randomBytes(32).toString('base64')
  const runnable = image === undefined ? { executable: process.execPath } : { image, entryPoint: 'azurite-blob' }
  const server = await startAzurite(runnable, accountKey, signal)
  const provider = image === undefined ? 'process' : 'container'
  return { facts: { provider, endpoint: server.url, account: ACCOUNT, accountKey }, stop: server.stop }
}

function givenFacts(endpoint: string): AzureFacts {
  return {
    provider: 'address',
    endpoint,
    account: process.env.KBACKUP_TEST_AZURE_ACCOUNT ?? '',
    accountKey: process.env.KBACKUP_TEST_AZURE_KEY ?? '',
  }
}

function startAzurite(
  runnable: StoreProgram['runnable'],
  accountKey: string,
  signal: AbortSignal | undefined,
): Promise<StoreServer> {
  const program =
    'executable' in runnable ? [createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js')] : []
  return startStoreServer({
    name: 'azurite',
    runnable,
    args: ({ port, directory }) => [
      ...[...program, '--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', directory],
      ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
    ],
    env: { AZURITE_ACCOUNTS: `${ACCOUNT}:${accountKey}` },
    healthPath: `/${ACCOUNT}?comp=list`,
    // It has no path for this; without a signature it refuses, and so it serves.
    healthStatus: 403,
    signal,
  })
}

function serviceClient({ endpoint, account, accountKey }: AzureFacts): BlobServiceClient {
  return new BlobServiceClient(`${endpoint}/${account}`, new StorageSharedKeyCredential(account, accountKey))
}

async function createContainer(facts: AzureFacts): Promise<string> {
  const name = `kbackup-${randomBytes(6).toString('hex')}`
  await serviceClient(facts).createContainer(name)
  return name
}

function signatureFor({ account, accountKey }: AzureFacts, container: string, permissions: string): string {
  const values = {
    containerName: container,
    permissions: ContainerSASPermissions.parse(permissions),
    expiresOn: new Date(Date.now() + SIGNED_FOR_MS),
  }
  return generateBlobSASQueryParameters(values, new StorageSharedKeyCredential(account, accountKey)).toString()
}

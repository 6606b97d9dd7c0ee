import type { Storage, StorageOptions } from '@google-cloud/storage'
import type { GcsOptions } from './gcs-options.ts'

/** A client for these options. The SDK takes a quarter of a second to load, so that is done when it is first needed. */
export async function createGcsClient(given: GcsOptions): Promise<Storage> {
  const { Storage } = await import('@google-cloud/storage')
  return new Storage(clientOptions(given))
}

function clientOptions({ endpoint, project, keyFile, credentials }: GcsOptions): StorageOptions {
  const options: StorageOptions = {
    ...(project === undefined ? {} : { projectId: project }),
    ...(keyFile === undefined ? {} : { keyFilename: keyFile }),
    ...(credentials === undefined ? {} : { credentials: sdkCredentials(credentials) }),
    retryOptions: { autoRetry: false, maxRetries: 0 },
  }
  if (endpoint === undefined) return options
  const isOpen = endpoint.startsWith('http:') && credentials === undefined && keyFile === undefined
  // An emulator wants no credentials, and found ones are not for sending in the clear.
  return { ...options, apiEndpoint: endpoint, useAuthWithCustomEndpoint: !isOpen }
}

function sdkCredentials({ clientEmail, privateKey }: NonNullable<GcsOptions['credentials']>) {
  return { client_email: clientEmail, private_key: privateKey }
}

import { Storage, type StorageOptions } from '@google-cloud/storage'
import type { GcsOptions } from './gcs-options.ts'

/** A client for these options; it looks for credentials, and makes connections, at its first request. */
export function createGcsClient({ endpoint, project, keyFile, credentials }: GcsOptions): Storage {
  const options: StorageOptions = {
    ...(project === undefined ? {} : { projectId: project }),
    ...(keyFile === undefined ? {} : { keyFilename: keyFile }),
    ...(credentials === undefined ? {} : { credentials: sdkCredentials(credentials) }),
    retryOptions: { autoRetry: false, maxRetries: 0 },
  }
  if (endpoint === undefined) return new Storage(options)
  const isOpen = endpoint.startsWith('http:') && credentials === undefined && keyFile === undefined
  // An emulator wants no credentials, and found ones are not for sending in the clear.
  return new Storage({ ...options, apiEndpoint: endpoint, useAuthWithCustomEndpoint: !isOpen })
}

function sdkCredentials({ clientEmail, privateKey }: NonNullable<GcsOptions['credentials']>) {
  return { client_email: clientEmail, private_key: privateKey }
}

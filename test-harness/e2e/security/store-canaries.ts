import { generateKeyPairSync } from 'node:crypto'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PRIVATE_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const ACCOUNT_KEY = Buffer.from('account-key/+canary-1234567890').toString('base64')

/** One for each place that takes a credential of a store; with signs that encodings change. */
export const STORE_CREDENTIALS = {
  accessKey: 'AKIACANARYACCESSKEY1',
  secretKey: 'secret/key+canary=12345678901234567890',
  sessionToken: 'session/token+canary==1234567890',
  accountKey: ACCOUNT_KEY,
  signature: 'signature/+canary1234567890=',
  clientSecret: 'client~secret/+canary1234567890',
  privateKey: PRIVATE_KEY,
  privateKeyId: 'privatekeyidcanary1234567890',
  subjectToken: 'subject.token/canary-1234567890',
  accessToken: 'ya29.access-token/canary-1234567890',
} as const

/** A shared access signature, as it is given. */
export const SAS_TOKEN = `sv=2024-11-04&sp=rwdl&sig=${encodeURIComponent(STORE_CREDENTIALS.signature)}`

/** What must be found nowhere, by name. */
export const STORE_CANARIES: Readonly<Record<string, string>> = {
  ...STORE_CREDENTIALS,
  accountKeyBytes: 'account-key/+canary-1234567890',
  privateKey: PRIVATE_KEY.split('\n')[1] ?? '',
  privateKeyEnd: PRIVATE_KEY.split('\n').at(-3) ?? '',
}

/** The file of a federated identity, which shows a token of another authority, in a file, and gets one of Google's there. */
export function federationFile(tokenUrl: string, subjectTokenFile: string): string {
  return JSON.stringify({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: tokenUrl,
    credential_source: { file: subjectTokenFile },
  })
}

/** The file of a service account, whose tokens come from Google alone. */
export function keyFile(): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'kbackup-tests',
    private_key_id: STORE_CREDENTIALS.privateKeyId,
    private_key: PRIVATE_KEY,
    client_email: 'backup@kbackup-tests.iam.gserviceaccount.com',
    client_id: '1',
    token_uri: 'https://oauth2.googleapis.com/token',
  })
}

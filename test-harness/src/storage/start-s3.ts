import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { containerImage } from '../containers/container-image.ts'
import { sayProgress } from '../progress-line.ts'
import { goBinary } from './go-binary.ts'
import { type StoreProgram, type StoreServer, startStoreServer } from './store-server.ts'
import type { TestS3 } from './test-s3.ts'

/** Environment variable with the URL of a service that somebody else runs. */
const GIVEN_S3_VARIABLE = 'KBACKUP_TEST_S3'
const VERSION = '1.8.0'
const REGION = 'us-east-1'

type S3Facts = Pick<TestS3, 'provider' | 'endpoint' | 'accessKeyId' | 'secretAccessKey'>

/**
 * Starts a service that speaks S3, or uses one, and says which: the URL in `KBACKUP_TEST_S3` (keys in
 * `KBACKUP_TEST_S3_ACCESS_KEY` and `KBACKUP_TEST_S3_SECRET_KEY`), else versitygw in a container where an engine answers,
 * else as a process, which Go builds once.
 *
 * @throws Error that names what to install, when none can be had.
 */
export async function startS3({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<TestS3> {
  signal?.throwIfAborted()
  const startedAtMs = Date.now()
  const { facts, stop } = await pick(signal)
  sayProgress(`S3 by ${facts.provider} at ${facts.endpoint} (${Date.now() - startedAtMs} ms)`)
  return { ...facts, region: REGION, createBucket: () => createBucket(facts), stop, [Symbol.asyncDispose]: stop }
}

async function pick(signal: AbortSignal | undefined): Promise<{ facts: S3Facts; stop: () => Promise<void> }> {
  const endpoint = process.env[GIVEN_S3_VARIABLE]
  if (endpoint) return { facts: givenFacts(endpoint), stop: async () => undefined }
  const image = await containerImage(`versity/versitygw:v${VERSION}`, signal)
  const keys = { accessKeyId: randomKey(), secretAccessKey: randomKey() }
  const runnable = image === undefined ? { executable: await versitygw(signal) } : { image, entryPoint: 'versitygw' }
  const server = await startVersitygw(runnable, keys, signal)
  const provider = image === undefined ? 'process' : 'container'
  return { facts: { ...keys, provider, endpoint: server.url }, stop: server.stop }
}

function givenFacts(endpoint: string): S3Facts {
  return {
    provider: 'address',
    endpoint,
    accessKeyId: process.env.KBACKUP_TEST_S3_ACCESS_KEY ?? '',
    secretAccessKey: process.env.KBACKUP_TEST_S3_SECRET_KEY ?? '',
  }
}

function versitygw(signal: AbortSignal | undefined): Promise<string> {
  return goBinary({
    module: 'github.com/versity/versitygw/cmd/versitygw',
    version: VERSION,
    name: 'versitygw',
    otherwise: `start a container engine, or set ${GIVEN_S3_VARIABLE} to the URL of a service that speaks S3`,
    signal,
  })
}

async function startVersitygw(
  runnable: StoreProgram['runnable'],
  keys: Pick<S3Facts, 'accessKeyId' | 'secretAccessKey'>,
  signal: AbortSignal | undefined,
): Promise<StoreServer> {
  return startStoreServer({
    name: 'versitygw',
    runnable,
    prepare: async (directory) => {
      await Promise.all(['data', 'iam', 'versions'].map((name) => mkdir(join(directory, name))))
    },
    args: ({ port, directory }) => [
      ...['--quiet', '--health', '/_health', '--port', `127.0.0.1:${port}`, '--iam-dir', join(directory, 'iam')],
      ...['posix', '--versioning-dir', join(directory, 'versions'), join(directory, 'data')],
    ],
    env: { ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretAccessKey },
    healthPath: '/_health',
    signal,
  })
}

async function createBucket({ endpoint, accessKeyId, secretAccessKey }: S3Facts): Promise<string> {
  // The SDK would say in the output of every test that it will want a newer Node.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const client = new S3Client({
    endpoint,
    region: REGION,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  })
  try {
    const name = `kbackup-${randomBytes(6).toString('hex')}`
    await client.send(new CreateBucketCommand({ Bucket: name }))
    return name
  } finally {
    client.destroy()
  }
}

function randomKey(): string {
  return randomBytes(16).toString('hex')
}

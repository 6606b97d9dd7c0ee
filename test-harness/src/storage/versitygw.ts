import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { containerImage } from '../containers/container-image.ts'
import { goBinary } from './go-binary.ts'
import { type StoreProgram, type StoreServer, startStoreServer } from './store-server.ts'
import type { S3UserKeys, StoreProvider, TestS3 } from './test-s3.ts'

/** Environment variable with the URL of a service that somebody else runs. */
export const GIVEN_S3_VARIABLE = 'KBACKUP_TEST_S3'
export const REGION = 'us-east-1'
const VERSION = '1.8.0'

interface RunnableVersitygw {
  readonly provider: StoreProvider
  readonly runnable: StoreProgram['runnable']
}

/** versitygw: its image where a container engine answers, else a binary that Go builds once. */
export async function versitygw(signal: AbortSignal | undefined): Promise<RunnableVersitygw> {
  const image = await containerImage(`versity/versitygw:v${VERSION}`, signal)
  if (image !== undefined) return { provider: 'container', runnable: { image, entryPoint: 'versitygw' } }
  const executable = await goBinary({
    module: 'github.com/versity/versitygw/cmd/versitygw',
    version: VERSION,
    name: 'versitygw',
    otherwise: `start a container engine, or set ${GIVEN_S3_VARIABLE} to the URL of a service that speaks S3`,
    signal,
  })
  return { provider: 'process', runnable: { executable } }
}

export interface VersitygwOptions {
  readonly runnable: StoreProgram['runnable']
  /** Of the root user, who may do everything. */
  readonly keys: S3UserKeys
  /** A socket at which a service of users and their rights listens; there is only the root user without one. */
  readonly iamSocket?: { readonly directory: string; readonly path: string } | undefined
  readonly signal: AbortSignal | undefined
}

/** Starts a gateway over a folder of its own. */
export async function startVersitygw({ runnable, keys, iamSocket, signal }: VersitygwOptions): Promise<StoreServer> {
  return startStoreServer({
    name: 'versitygw',
    runnable,
    prepare: async (directory) => {
      await Promise.all(['data', 'iam', 'versions'].map((name) => mkdir(join(directory, name))))
    },
    args: ({ port, directory }) => [
      ...['--quiet', '--health', '/_health', '--port', `127.0.0.1:${port}`],
      ...(iamSocket === undefined
        ? ['--iam-dir', join(directory, 'iam')]
        : ['--iam-standalone-endpoint', iamSocket.path]),
      ...['posix', '--versioning-dir', join(directory, 'versions'), join(directory, 'data')],
    ],
    env: rootEnvironment(keys),
    sharedDirectories: iamSocket === undefined ? [] : [iamSocket.directory],
    healthPath: '/_health',
    signal,
  })
}

/** How versitygw is told of its root user. */
export function rootEnvironment({ accessKeyId, secretAccessKey }: S3UserKeys): Readonly<Record<string, string>> {
  return { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey }
}

/** Makes a bucket, of a fresh name where none is given. */
export async function createBucket(
  service: S3UserKeys & Pick<TestS3, 'endpoint'>,
  name = `kbackup-${randomBytes(6).toString('hex')}`,
): Promise<string> {
  const client = bareS3Client(service)
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }))
    return name
  } finally {
    client.destroy()
  }
}

/** A client that no code of kbackup has touched. */
export function bareS3Client({
  endpoint,
  accessKeyId,
  secretAccessKey,
}: S3UserKeys & Pick<TestS3, 'endpoint'>): S3Client {
  // The SDK would say in the output of every test that it will want a newer Node.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  return new S3Client({
    endpoint,
    region: REGION,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  })
}

export function newKeys(): S3UserKeys {
  return { accessKeyId: randomKey(), secretAccessKey: randomKey() }
}

function randomKey(): string {
  return randomBytes(16).toString('hex')
}

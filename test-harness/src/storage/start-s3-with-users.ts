import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { sayProgress } from '../progress-line.ts'
import { type StoreProgram, type StoreServer, startStoreServer } from './store-server.ts'
import type { S3UserKeys, TestS3WithUsers } from './test-s3.ts'
import { createBucket, newKeys, REGION, rootEnvironment, startVersitygw, versitygw } from './versitygw.ts'

const SOCKET = 'rights.sock'

/**
 * Starts versitygw with its service of users: policies of IAM, conditions included, are enforced at each request.
 *
 * @throws Error that names what to install, when it cannot be had.
 */
export async function startS3WithUsers({
  signal,
}: {
  readonly signal?: AbortSignal | undefined
} = {}): Promise<TestS3WithUsers> {
  const startedAtMs = Date.now()
  const keys = newKeys()
  const { provider, runnable } = await versitygw(signal)
  const iam = await startIam(runnable, keys, signal)
  const iamSocket = { directory: iam.directory, path: join(iam.directory, SOCKET) }
  const gateway = await startVersitygw({ runnable, keys, iamSocket, signal }).catch(async (error: unknown) => {
    await iam.stop()
    throw error
  })
  sayProgress(`S3 with users by ${provider} at ${gateway.url} (${Date.now() - startedAtMs} ms)`)
  const facts = { ...keys, provider, endpoint: gateway.url, region: REGION }
  const stop = async (): Promise<void> => {
    await Promise.all([gateway.stop(), iam.stop()])
  }
  return {
    ...facts,
    createBucket: () => createBucket(facts),
    createNamedBucket: async (name) => void (await createBucket(facts, name)),
    createUser: (name, policy) => createUser({ endpoint: iam.url, keys }, name, policy),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function startIam(
  runnable: StoreProgram['runnable'],
  keys: S3UserKeys,
  signal: AbortSignal | undefined,
): Promise<StoreServer> {
  return startStoreServer({
    name: 'versitygw-iam',
    runnable,
    prepare: async (directory) => void (await mkdir(join(directory, 'users'))),
    args: ({ port, directory }) => [
      ...['--quiet', '--health', '/_health', '--port', `127.0.0.1:${port}`],
      ...['iam', '--dir', join(directory, 'users'), '--private-ports', join(directory, SOCKET)],
    ],
    env: rootEnvironment(keys),
    healthPath: '/_health',
    signal,
  })
}

interface IamPlace {
  readonly endpoint: string
  readonly keys: S3UserKeys
}

async function createUser({ endpoint, keys }: IamPlace, UserName: string, policy: string): Promise<S3UserKeys> {
  const client = new IAMClient({ endpoint, region: REGION, credentials: keys })
  try {
    await client.send(new CreateUserCommand({ UserName }))
    await client.send(new PutUserPolicyCommand({ UserName, PolicyName: UserName, PolicyDocument: policy }))
    const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName }))
    if (AccessKey?.AccessKeyId === undefined || AccessKey.SecretAccessKey === undefined) {
      throw new Error(`${UserName} was given no keys`)
    }
    return { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey }
  } finally {
    client.destroy()
  }
}

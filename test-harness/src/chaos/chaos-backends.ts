import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobStore, RetryPolicy } from '@kbackup/core'
import { azure } from '@kbackup/storage-azure'
import { fs } from '@kbackup/storage-fs'
import { gcs } from '@kbackup/storage-gcs'
import { s3 } from '@kbackup/storage-s3'
import { CHAOS_ANSWERS, type ChaosAnswers } from '../storage/chaos-answers.ts'
import { ChaosProxy } from '../storage/chaos-proxy.ts'
import { startAzure } from '../storage/start-azure.ts'
import { startGcs } from '../storage/start-gcs.ts'
import { startS3 } from '../storage/start-s3.ts'
import type { ChaosBackend } from './chaos-backend.ts'
import { FaultyFolder } from './faulty-folder.ts'

const PART_BYTES = 5 * 1024 * 1024

/** How parts of uploads are repeated. */
type Retry = Pick<RetryPolicy, 'sleep' | 'random'>

/** A service behind a proxy that lets things go wrong, or a folder in whose calls they go wrong. */
export const CHAOS_BACKENDS = {
  s3: async (retry: Retry): Promise<ChaosBackend> => {
    const service = await startS3()
    const bucket = await service.createBucket()
    const { region, accessKeyId, secretAccessKey } = service
    const credentials = { accessKeyId, secretAccessKey }
    const options = { bucket, region, credentials, partBytes: PART_BYTES, retry }
    return behindProxy({ name: 's3', service, answers: CHAOS_ANSWERS.s3 }, (endpoint) => s3({ ...options, endpoint }))
  },
  azure: async (retry: Retry): Promise<ChaosBackend> => {
    const service = await startAzure()
    const container = await service.createContainer()
    const { account, accountKey } = service
    const options = { account, container, credentials: { accountKey }, partBytes: PART_BYTES, retry }
    return behindProxy({ name: 'azure', service, answers: CHAOS_ANSWERS.azure }, (endpoint) =>
      azure({ ...options, endpoint }),
    )
  },
  gcs: async (retry: Retry): Promise<ChaosBackend> => {
    const service = await startGcs()
    const options = { bucket: await service.createBucket(), partBytes: PART_BYTES, retry }
    return behindProxy({ name: 'gcs', service, answers: CHAOS_ANSWERS.gcs }, (endpoint) =>
      gcs({ ...options, endpoint }),
    )
  },
  filesystem: async (): Promise<ChaosBackend> => {
    const directory = await mkdtemp(join(tmpdir(), 'kbackup-chaos-'))
    const calm = fs({ directory })
    const stores = [new FaultyFolder(calm), new FaultyFolder(calm)] as const
    return {
      name: 'filesystem',
      stores,
      calm,
      begin: (seed) => {
        for (const [index, store] of stores.entries()) store.reseed(seed * 2 + index)
      },
      settle: async () => {
        for (const store of stores) await store.landLatePuts()
      },
      get counts() {
        return sumOfCounts(stores.map(({ counts }) => counts))
      },
      [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
    }
  },
} as const

interface ProxiedService {
  readonly name: string
  readonly service: AsyncDisposable & { readonly endpoint: string }
  readonly answers: ChaosAnswers
}

async function behindProxy(
  { name, service, answers }: ProxiedService,
  storeAt: (endpoint: string) => BlobStore,
): Promise<ChaosBackend> {
  const proxy = await new ChaosProxy(service.endpoint, answers).listen()
  return {
    name,
    stores: [storeAt(proxy.endpoint), storeAt(proxy.endpoint)],
    calm: storeAt(service.endpoint),
    begin: (seed) => proxy.reseed(seed),
    settle: () => proxy.landLate(),
    counts: proxy.counts,
    async [Symbol.asyncDispose]() {
      await proxy.close()
      await service[Symbol.asyncDispose]()
    },
  }
}

function sumOfCounts(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const counts of all) for (const [what, count] of Object.entries(counts)) sums[what] = (sums[what] ?? 0) + count
  return sums
}

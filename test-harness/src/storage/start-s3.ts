import { sayProgress } from '../progress-line.ts'
import type { TestS3 } from './test-s3.ts'
import { createBucket, GIVEN_S3_VARIABLE, newKeys, REGION, startVersitygw, versitygw } from './versitygw.ts'

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
  const { provider, runnable } = await versitygw(signal)
  const keys = newKeys()
  const server = await startVersitygw({ runnable, keys, signal })
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

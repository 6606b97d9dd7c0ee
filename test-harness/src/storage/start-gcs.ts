import { randomBytes } from 'node:crypto'
import { containerImage } from '../containers/container-image.ts'
import { sayProgress } from '../progress-line.ts'
import { GcsSessions } from './gcs-sessions.ts'
import { goBinary } from './go-binary.ts'
import { type StoreProgram, type StoreServer, startStoreServer } from './store-server.ts'
import type { TestGcs } from './test-gcs.ts'

/** Environment variable with the URL of an emulator that somebody else runs. */
const GIVEN_GCS_VARIABLE = 'KBACKUP_TEST_GCS'
const VERSION = '1.56.1'

type GcsFacts = Pick<TestGcs, 'provider' | 'bareEndpoint'>

/**
 * Starts an emulator of Google Cloud Storage, or uses one, and says which: the URL in `KBACKUP_TEST_GCS`, else
 * fake-gcs-server in a container where an engine answers, else as a process, which Go builds once.
 *
 * It holds everything in memory: start one for each suite, and keep objects small.
 *
 * @throws Error that names what to install, when none can be had.
 */
export async function startGcs({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<TestGcs> {
  signal?.throwIfAborted()
  const startedAtMs = Date.now()
  const { facts, stop } = await pick(signal)
  const sessions = await new GcsSessions(facts.bareEndpoint).listen()
  sayProgress(`Google Cloud Storage by ${facts.provider} at ${facts.bareEndpoint} (${Date.now() - startedAtMs} ms)`)
  const stopBoth = async (): Promise<void> => {
    await sessions.close()
    await stop()
  }
  return {
    ...facts,
    endpoint: sessions.endpoint,
    createBucket: () => createBucket(facts),
    unfinishedUploads: () => sessions.unfinished,
    discardUnfinished: () => sessions.discard(),
    loseAnswers: (loses) => {
      sessions.losesAnswer = loses
    },
    stop: stopBoth,
    [Symbol.asyncDispose]: stopBoth,
  }
}

async function pick(signal: AbortSignal | undefined): Promise<{ facts: GcsFacts; stop: () => Promise<void> }> {
  const given = process.env[GIVEN_GCS_VARIABLE]
  if (given) return { facts: { provider: 'address', bareEndpoint: given }, stop: async () => undefined }
  const image = await containerImage(`fsouza/fake-gcs-server:${VERSION}`, signal)
  const runnable =
    image === undefined ? { executable: await fakeGcsServer(signal) } : { image, entryPoint: '/bin/fake-gcs-server' }
  const server = await startFakeGcsServer(runnable, signal)
  const provider = image === undefined ? 'process' : 'container'
  return { facts: { provider, bareEndpoint: server.url }, stop: server.stop }
}

function fakeGcsServer(signal: AbortSignal | undefined): Promise<string> {
  return goBinary({
    module: 'github.com/fsouza/fake-gcs-server',
    version: VERSION,
    name: 'fake-gcs-server',
    otherwise: `start a container engine, or set ${GIVEN_GCS_VARIABLE} to the URL of an emulator`,
    signal,
  })
}

function startFakeGcsServer(runnable: StoreProgram['runnable'], signal: AbortSignal | undefined): Promise<StoreServer> {
  return startStoreServer({
    name: 'fake-gcs-server',
    runnable,
    args: ({ port }) => [
      ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)],
      ...['-public-host', `127.0.0.1:${port}`, '-external-url', `http://127.0.0.1:${port}`],
      // Its other backend makes one file name of a whole key, which most keys of an archive are too long for.
      ...['-backend', 'memory', '-log-level', 'error'],
    ],
    healthPath: '/_internal/healthcheck',
    signal,
  })
}

async function createBucket({ bareEndpoint }: GcsFacts): Promise<string> {
  const name = `kbackup-${randomBytes(6).toString('hex')}`
  const response = await fetch(`${bareEndpoint}/storage/v1/b?project=tests`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  if (!response.ok) throw new Error(`no bucket could be made: HTTP ${response.status} ${await response.text()}`)
  return name
}

import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sharingArguments } from '../containers/container-image.ts'
import { freePorts } from '../network/free-ports.ts'
import { OwnedProcess } from '../process/owned-process.ts'
import { guardWithParent } from '../process/parent-guard.ts'
import { runCommand } from '../process/run-command.ts'

const READY_MS = 30_000

/** How a server of object storage is started, on a port and in a folder that are given to it. */
export interface StoreProgram {
  readonly name: string
  readonly runnable: { readonly executable: string } | { readonly image: string; readonly entryPoint: string }
  /** Makes what has to lie in the folder before the start. */
  readonly prepare?: ((directory: string) => Promise<void>) | undefined
  readonly args: (place: StorePlace) => readonly string[]
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Folders of other servers that it reaches into. */
  readonly sharedDirectories?: readonly string[] | undefined
  /** The path that answers with 200, or another status, once it serves. */
  readonly healthPath: string
  readonly healthStatus?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Where a server runs. */
export interface StorePlace {
  readonly port: number
  readonly directory: string
}

/** A running server. */
export interface StoreServer extends StorePlace {
  readonly url: string
  /** Ends the server at once and removes its data. */
  stop(): Promise<void>
}

/** Starts a server of object storage and waits until it serves; it never outlives this process. */
export async function startStoreServer(program: StoreProgram): Promise<StoreServer> {
  const [port = 0] = await freePorts(1)
  const directory = await mkdtemp(join(tmpdir(), `kbackup-${program.name}-`))
  const release = guardWithParent({ remove: directory })
  const place: StorePlace = { port, directory }
  const logFile = join(directory, 'server.log')
  await program.prepare?.(directory)
  const running = await launch(program, place, logFile)
  const stop = async (): Promise<void> => {
    await running.end()
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    release()
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await waitUntilServing(program, `${url}${program.healthPath}`, running.process)
  } catch (cause) {
    const log = await readFile(logFile, 'utf8').catch(() => '')
    await stop()
    program.signal?.throwIfAborted()
    throw new Error(`${program.name} does not serve:\n${log.slice(-4_000)}`, { cause })
  }
  return { ...place, url, stop }
}

interface RunningStore {
  readonly process: OwnedProcess
  readonly end: () => Promise<void>
}

async function launch(program: StoreProgram, place: StorePlace, logFile: string): Promise<RunningStore> {
  const { runnable, env = {} } = program
  const args = program.args(place)
  if ('executable' in runnable) {
    const process = await OwnedProcess.start({ command: runnable.executable, args, env, logFile })
    return { process, end: () => process.kill('SIGKILL') }
  }
  const container = `kbackup-${program.name}-${randomBytes(6).toString('hex')}`
  const release = guardWithParent({ removeContainer: container })
  const variables = Object.keys(env).flatMap((name) => ['--env', name])
  const shared = sharingArguments(place.directory, ...(program.sharedDirectories ?? []))
  const run = ['run', '--rm', '--name', container, ...shared, ...variables]
  const image = ['--entrypoint', runnable.entryPoint, runnable.image]
  const process = await OwnedProcess.start({ command: 'docker', args: [...run, ...image, ...args], env, logFile })
  void process.exited().then(release)
  const end = async (): Promise<void> => {
    if (process.running) await runCommand('docker', ['kill', container])
    await process.exited()
  }
  return { process, end }
}

async function waitUntilServing(
  { name, healthStatus = 200, signal }: StoreProgram,
  url: string,
  process: OwnedProcess,
): Promise<void> {
  const deadlineMs = Date.now() + READY_MS
  while ((await statusOf(url)) !== healthStatus) {
    signal?.throwIfAborted()
    if (!process.running) throw new Error(`${name} has ended`)
    if (Date.now() > deadlineMs) throw new Error(`${name} did not answer within ${READY_MS} ms`)
    await sleep(20, undefined, signal && { signal })
  }
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.arrayBuffer()
    return response.status
  } catch {
    return undefined
  }
}

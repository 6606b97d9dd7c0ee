import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answersApiVersions } from './api-versions-probe.ts'
import type { BrokerProcess, BrokerRuntime } from './broker-runtime.ts'
import { FIRST_LISTENER } from './listener-security.ts'
import type { BrokerPlace } from './server-properties.ts'
import type { TestBroker } from './test-kafka.ts'

/** What a broker needs to run on this machine. */
export interface LocalBrokerOptions {
  readonly place: BrokerPlace
  readonly runtime: BrokerRuntime
  /** The folder with its `server.properties`; its log file goes there too. */
  readonly directory: string
  readonly heapMiB: number
}

const READY_MS = 180_000
const ORDERLY_STOP_MS = 30_000
const POLL_MS = 100

/** A broker, and controller, on this machine, as a process or in a container. */
export class LocalBroker implements TestBroker {
  readonly #options: LocalBrokerOptions
  #process: BrokerProcess | undefined

  constructor(options: LocalBrokerOptions) {
    this.#options = options
  }

  get id(): number {
    return this.#options.place.id
  }

  get port(): number {
    const { listenerPorts, plaintextPort } = this.#options.place
    return listenerPorts[FIRST_LISTENER] ?? plaintextPort
  }

  get pid(): number {
    return this.#process?.pid ?? -1
  }

  get dataDirectory(): string {
    return this.#options.place.logDirectory
  }

  /** Starts the process; resolves when it serves. */
  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#process?.running) return
    const { runtime, directory, heapMiB } = this.#options
    this.#process = await runtime.startBroker({
      heapMiB,
      propertiesFile: join(directory, 'server.properties'),
      logFile: this.#logFile,
    })
    await this.#ready(this.#process, signal)
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process?.kill(signal)
  }

  async stop(): Promise<void> {
    const running = this.#process
    if (running === undefined) return
    // A combined controller that has lost its quorum would wait for ever.
    const impatience = setTimeout(() => void running.kill('SIGKILL'), ORDERLY_STOP_MS)
    await running.kill('SIGTERM')
    clearTimeout(impatience)
  }

  get #logFile(): string {
    return join(this.#options.directory, 'broker.log')
  }

  async #ready(process: BrokerProcess, signal: AbortSignal | undefined): Promise<void> {
    const deadlineMs = Date.now() + READY_MS
    while (process.running && Date.now() < deadlineMs) {
      if (await answersApiVersions(this.#options.place.plaintextPort)) return
      await sleep(POLL_MS, undefined, { signal })
    }
    await process.kill('SIGKILL')
    throw new Error(`broker ${this.id} did not come up:\n${(await readFile(this.#logFile, 'utf8')).slice(-4_000)}`)
  }
}

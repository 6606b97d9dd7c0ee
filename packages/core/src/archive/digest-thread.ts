import { Worker, type WorkerOptions } from 'node:worker_threads'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { StreamDigest } from './stream-digest.ts'

/** Text, since a bundler would lose a file of its own. It answers each message once, in the order in which they come. */
const PROGRAM = `
const { createHash } = require('node:crypto')
const { parentPort } = require('node:worker_threads')
const hashes = new Map()
parentPort.on('message', ({ stream, bytes }) => {
  const hash = hashes.get(stream) ?? createHash('sha256')
  if (bytes === undefined) hashes.delete(stream)
  else hashes.set(stream, hash.update(bytes))
  parentPort.postMessage(bytes === undefined ? hash.digest('hex') : '')
})
`

const OPTIONS: WorkerOptions = {
  eval: true,
  name: 'kbackup digests',
  // It keeps next to nothing; without limits V8 plans for more.
  resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  // What the application has Node.js load first (`--require`, `--import`, NODE_OPTIONS) would not fit into that, and
  // `--input-type=module` would make another kind of program of this one.
  execArgv: [],
  env: {},
}

interface Waiter {
  readonly resolve: (answer: string) => void
  readonly reject: (error: unknown) => void
}

/**
 * A thread that makes digests of many streams beside the main one; started when it is first needed.
 *
 * Bytes in shared memory are read where they lie, others are copied to it. It keeps the process alive only while
 * somebody waits for it.
 */
export class DigestThread {
  readonly #waiters: Waiter[] = []
  #worker: Worker | undefined
  #streams = 0

  /** Begins the digest of another stream; throws where Node does not permit threads. */
  stream(): StreamDigest {
    this.#worker ??= this.#started()
    const worker = this.#worker
    const stream = this.#streams++
    return {
      update: async (bytes) => void (await this.#ask(worker, { stream, bytes })),
      end: () => this.#ask(worker, { stream }),
      abandon: () => void this.#ask(worker, { stream }).catch(() => undefined),
    }
  }

  /** Whoever still waits gets an error. */
  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  /** Another thread than the one that a stream began on knows nothing of what came before. */
  #ask(worker: Worker, message: { readonly stream: number; readonly bytes?: Uint8Array }): Promise<string> {
    if (worker !== this.#worker) return Promise.reject(threadEnded())
    return new Promise((resolve, reject) => {
      if (this.#waiters.push({ resolve, reject }) === 1) worker.ref()
      worker.postMessage(message)
    })
  }

  #started(): Worker {
    const worker = new Worker(PROGRAM, OPTIONS)
    worker.on('message', (answer: string) => {
      this.#waiters.shift()?.resolve(answer)
      if (this.#waiters.length === 0) worker.unref()
    })
    worker.on('error', (error) => this.#end(worker, error))
    worker.on('exit', () => this.#end(worker))
    return worker
  }

  /** Of an error comes `exit` too, perhaps when another thread is at work already. */
  #end(worker: Worker, cause?: unknown): void {
    if (worker !== this.#worker) return
    this.#worker = undefined
    for (const { reject } of this.#waiters.splice(0)) reject(threadEnded(cause))
  }
}

function threadEnded(cause?: unknown): KbackupError {
  return new KbackupError('KB_INTERNAL', { message: 'the thread that makes digests has ended', cause })
}

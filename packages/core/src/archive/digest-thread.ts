import { Worker } from 'node:worker_threads'
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

/** It keeps next to nothing; without limits V8 plans for more. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 }

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
    const stream = this.#streams++
    return {
      update: async (bytes) => void (await this.#ask({ stream, bytes })),
      end: () => this.#ask({ stream }),
      abandon: () => void this.#ask({ stream }).catch(() => undefined),
    }
  }

  /** Whoever still waits gets an error. */
  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #ask(message: { readonly stream: number; readonly bytes?: Uint8Array }): Promise<string> {
    this.#worker ??= this.#started()
    const worker = this.#worker
    return new Promise((resolve, reject) => {
      if (this.#waiters.push({ resolve, reject }) === 1) worker.ref()
      worker.postMessage(message)
    })
  }

  #started(): Worker {
    const worker = new Worker(PROGRAM, { eval: true, name: 'kbackup digests', resourceLimits: RESOURCE_LIMITS })
    worker.on('message', (answer: string) => {
      this.#waiters.shift()?.resolve(answer)
      if (this.#waiters.length === 0) worker.unref()
    })
    worker.on('error', (error) => this.#end(error))
    worker.on('exit', () => this.#end(new Error('the thread that makes digests has ended')))
    return worker
  }

  #end(error: Error): void {
    this.#worker = undefined
    for (const { reject } of this.#waiters.splice(0)) reject(error)
  }
}

import { Worker, type WorkerOptions } from 'node:worker_threads'
import { KbackupError } from '../errors/kbackup-error.ts'
import { DigestDesk } from './digest-desk.ts'
import type { StreamDigest } from './stream-digest.ts'

/**
 * Text, since a bundler would lose a file of its own. It answers each message once, in the order in which they come.
 *
 * Memory comes with the message that first speaks of it, and is kept: what a thread was posted it lets go only when it
 * collects garbage, of which it makes next to none. So nothing may be posted for each piece.
 */
const PROGRAM = `
const { createHash } = require('node:crypto')
const { parentPort } = require('node:worker_threads')
const hashes = new Map()
const slabs = []
parentPort.on('message', ({ stream, piece }) => {
  const hash = hashes.get(stream) ?? createHash('sha256')
  if (piece === undefined) {
    hashes.delete(stream)
    return parentPort.postMessage(hash.digest('hex'))
  }
  if (piece.memory !== undefined) slabs[piece.slab] = new Uint8Array(piece.memory)
  hashes.set(stream, hash.update(slabs[piece.slab].subarray(piece.start, piece.end)))
  parentPort.postMessage('')
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

/** Where a piece of a stream lies: in a slab that the thread has been given, or is given with this. */
interface Piece {
  readonly slab: number
  readonly memory: ArrayBufferLike | undefined
  readonly start: number
  readonly end: number
}

interface Message {
  readonly stream: number
  /** The stream ends where it is absent. */
  readonly piece?: Piece
}

interface Waiter {
  readonly resolve: (answer: string) => void
  readonly reject: (error: unknown) => void
}

/**
 * A thread that makes digests of many streams beside the main one; started when it is first needed.
 *
 * Bytes in shared memory are read where they lie, and the thread holds all of that memory until it is closed: whoever
 * shares it uses it again. Others are copied to it, a little at a time. It keeps the process alive only while somebody
 * waits for it.
 */
export class DigestThread {
  readonly #waiters: Waiter[] = []
  readonly #desk = new DigestDesk()
  /** What the thread holds. */
  readonly #slabs = new Map<ArrayBufferLike, number>()
  #worker: Worker | undefined
  #streams = 0

  /** Begins the digest of another stream; throws where Node does not permit threads. */
  stream(): StreamDigest {
    this.#worker ??= this.#started()
    const worker = this.#worker
    const stream = this.#streams++
    let isAbandoned = false
    const read = async (bytes: Uint8Array): Promise<void> => {
      // A piece behind the end would begin the stream anew, and nobody would end it.
      if (!isAbandoned) await this.#read(worker, { stream, bytes })
    }
    return {
      update: (bytes) => (bytes.buffer instanceof SharedArrayBuffer ? read(bytes) : this.#desk.pass(bytes, read)),
      end: () => this.#ask(worker, { stream }),
      abandon: () => {
        isAbandoned = true
        this.#ask(worker, { stream }).catch(() => undefined)
      },
    }
  }

  /** Whoever still waits gets an error. */
  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  async #read(
    worker: Worker,
    { stream, bytes }: { readonly stream: number; readonly bytes: Uint8Array },
  ): Promise<void> {
    if (worker !== this.#worker) throw threadEnded()
    const known = this.#slabs.get(bytes.buffer)
    const slab = known ?? this.#slabs.size
    this.#slabs.set(bytes.buffer, slab)
    const memory = known === undefined ? bytes.buffer : undefined
    const piece = { slab, memory, start: bytes.byteOffset, end: bytes.byteOffset + bytes.length }
    await this.#ask(worker, { stream, piece })
  }

  /** Another thread than the one that a stream began on knows nothing of what came before. */
  #ask(worker: Worker, message: Message): Promise<string> {
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
    this.#slabs.clear()
    for (const { reject } of this.#waiters.splice(0)) reject(threadEnded(cause))
  }
}

function threadEnded(cause?: unknown): KbackupError {
  return new KbackupError('KB_INTERNAL', { message: 'the thread that makes digests has ended', cause })
}

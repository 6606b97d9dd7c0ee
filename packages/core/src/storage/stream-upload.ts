import { KbackupError } from '../errors/kbackup-error.ts'
import type { ByteBudget, ByteReservation } from '../memory/byte-budget.ts'
import { ownSignal } from '../memory/own-signal.ts'
import { blobBodyChunks } from './blob-body.ts'
import { isUnknownOutcome } from './blob-error.ts'
import { type FilledPart, objectParts } from './object-parts.ts'
import type { ObjectUpload } from './object-service.ts'
import type { PartMemory } from './part-memory.ts'
import { type RetryPolicy, repeated, retryDelayMs, waitForRetry } from './retry-policy.ts'

// Nobody waits longer for the clearing away of a failed upload.
const DISCARD_MS = 15_000

/** A stream on its way to a store, and the requests that take it there, whose errors are those of kbackup. */
export interface StreamUpload {
  readonly body: AsyncIterable<Uint8Array>
  readonly memory: PartMemory
  readonly maxParts: number
  readonly maxPartsInFlight: number
  /** Parts that all streams of the store may hold beside the first of each. */
  readonly spareParts: ByteBudget
  readonly retry: RetryPolicy
  readonly signal: AbortSignal | undefined
  /** Writes a stream that turned out to fit into one part. */
  readonly putWhole: (bytes: Uint8Array) => Promise<void>
  readonly begin: () => Promise<ObjectUpload>
  readonly tooLarge: () => KbackupError
}

/**
 * Writes a stream: in one request if it fits into one part, else in parts, several at once, each repeated when it fails in
 * passing.
 *
 * Memory: the part that fills while others are on their way, and those; all beyond the first come from the budget that all
 * streams of the store share, so that many streams at once do not multiply it. A failed or aborted upload is discarded before the
 * call rejects.
 */
export async function uploadStream(stream: StreamUpload): Promise<void> {
  const failure = new AbortController()
  const signal = ownSignal(stream.signal, failure.signal)
  stream.memory.streamBegins()
  const parts = objectParts(blobBodyChunks(stream.body, signal), stream.memory)
  try {
    const first = await parts.next()
    if (first.done === true) return
    if (first.value.last) return await stream.putWhole(first.value.bytes)
    const upload = await repeated(stream.begin, stream.retry, signal)
    await carry(stream, { upload, signal, failure, first: first.value, rest: parts })
  } finally {
    await parts.return()
    stream.memory.streamEnds()
  }
}

interface SendingContext {
  readonly upload: ObjectUpload
  /** Aborted with the first failure of a part too, so that a silent source does not hide it. */
  readonly signal: AbortSignal
  readonly failure: AbortController
}

interface PartsToCarry extends SendingContext {
  readonly first: FilledPart
  readonly rest: AsyncIterator<FilledPart, void>
}

async function carry(stream: StreamUpload, { first, rest, ...context }: PartsToCarry): Promise<void> {
  const { upload, signal } = context
  try {
    const receipts = await new PartSender(stream, context).sendAll(first, rest)
    await completeUpload(upload, { receipts, retry: stream.retry, signal })
  } catch (error) {
    await discard(upload, stream.retry)
    throw error
  }
}

class PartSender {
  readonly #stream: StreamUpload
  readonly #context: SendingContext
  readonly #inFlight = new Set<Promise<void>>()
  readonly #receipts: string[] = []

  constructor(stream: StreamUpload, context: SendingContext) {
    this.#stream = stream
    this.#context = context
  }

  async sendAll(first: FilledPart, rest: AsyncIterator<FilledPart, void>): Promise<readonly string[]> {
    try {
      await this.#startAll(first, rest)
      await Promise.all(this.#inFlight)
      this.#context.signal.throwIfAborted()
      return this.#receipts
    } catch (error) {
      this.#context.failure.abort(error)
      await Promise.allSettled(this.#inFlight)
      throw error
    }
  }

  async #startAll(first: FilledPart, rest: AsyncIterator<FilledPart, void>): Promise<void> {
    let place: ByteReservation | undefined
    try {
      for (
        let part: FilledPart | undefined = first;
        part !== undefined;
        part = (await rest.next()).value ?? undefined
      ) {
        if (part.number > this.#stream.maxParts) throw this.#stream.tooLarge()
        await this.#until(() => this.#inFlight.size < this.#stream.maxPartsInFlight)
        this.#start(part, place)
        place = undefined
        if (part.last) break
        place = await this.#placeForNext()
      }
    } finally {
      // Of a part that never came.
      place?.release()
    }
  }

  #start(part: FilledPart, place: ByteReservation | undefined): void {
    const sent = this.#send(part)
      .catch((error: unknown) => this.#context.failure.abort(error))
      .finally(() => {
        place?.release()
        this.#inFlight.delete(sent)
      })
    this.#inFlight.add(sent)
  }

  async #send({ giveBack, ...part }: FilledPart): Promise<void> {
    const { upload, signal } = this.#context
    let attempts = 0
    const attempt = () => {
      attempts += 1
      return upload.sendPart(part, { signal })
    }
    this.#receipts[part.number - 1] = await repeated(attempt, this.#stream.retry, signal)
    // An attempt that failed may read its bytes still; and the last part may be kept until the upload is completed.
    if (attempts === 1 && !part.last) giveBack()
  }

  /** Waits until a further part may be held in memory. Without a place it may be if no other is on its way. */
  async #placeForNext(): Promise<ByteReservation | undefined> {
    let place: ByteReservation | undefined
    await this.#until(() => {
      place = this.#inFlight.size === 0 ? undefined : this.#stream.spareParts.tryAcquire(1)
      return place !== undefined
    })
    return place
  }

  /** Waits for one part on its way after the other until something is so, or none is left. */
  async #until(isSo: () => boolean): Promise<void> {
    this.#context.signal.throwIfAborted()
    while (this.#inFlight.size > 0 && !isSo()) {
      await Promise.race(this.#inFlight)
      this.#context.signal.throwIfAborted()
    }
  }
}

interface Completion {
  readonly receipts: readonly string[]
  readonly retry: RetryPolicy
  readonly signal: AbortSignal
}

/**
 * Completes an upload, repeatedly while the outcome is unknown. A definite refusal after an unknown outcome may be the
 * answer to our own success: then what is there decides.
 */
async function completeUpload(upload: ObjectUpload, { receipts, retry, signal }: Completion): Promise<void> {
  let unknown: KbackupError | undefined
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await upload.complete(receipts, { signal })
    } catch (error) {
      signal.throwIfAborted()
      const delayMs = retryDelayMs(error, attempt, retry)
      if (isUnknownOutcome(error)) unknown = error
      if (delayMs === undefined) return settle(upload, { error, unknown, retry, signal })
      await waitForRetry(delayMs, retry, signal)
    }
  }
}

interface Refusal extends Omit<Completion, 'receipts'> {
  readonly error: unknown
  readonly unknown: KbackupError | undefined
}

async function settle(upload: ObjectUpload, { error, unknown, retry, signal }: Refusal): Promise<void> {
  if (unknown === undefined) throw error
  const landed = await repeated(() => upload.hasLanded({ signal }), retry, signal).catch(() => {
    signal.throwIfAborted()
    throw unknown
  })
  if (landed) return
  throw KbackupError.is(error, 'KB_BLOB_EXISTS') ? error : unknown
}

/** What cannot be discarded stays invisible; the rules of the bucket or `storage clean` remove it later. */
async function discard(upload: ObjectUpload, retry: RetryPolicy): Promise<void> {
  const signal = AbortSignal.timeout(DISCARD_MS)
  try {
    await repeated(() => upload.discard({ signal }), retry, signal)
  } catch {
    // The caller hears of what made the upload fail.
  }
}

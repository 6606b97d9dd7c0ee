import { onAbort } from '../memory/on-abort.ts'

/** What {@link BlobStore.put} takes: bytes, or a stream of them. */
export type BlobBody = Uint8Array | AsyncIterable<Uint8Array>

/**
 * The chunks of a body, none of them empty; ends with the signal's reason even while the source is silent.
 *
 * The source is told to stop (`return`) when the reader stops early, but is not waited for after an abort, because it may
 * be the very thing that hangs.
 */
export async function* blobBodyChunks(body: BlobBody, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  signal?.throwIfAborted()
  if (body instanceof Uint8Array) {
    if (body.length > 0) yield body
    return
  }
  const source = body[Symbol.asyncIterator]()
  let over = false
  try {
    for (;;) {
      signal?.throwIfAborted()
      const next = await untilAborted(source.next(), signal)
      if (next.done === true) break
      if (next.value.length > 0) yield next.value
    }
    over = true
  } catch (error) {
    over = true
    if (signal?.aborted === true) void stop(source)
    throw error
  } finally {
    if (!over) await source.return?.()
  }
}

async function stop(source: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    await source.return?.()
  } catch {
    // The abort is what the caller hears of.
  }
}

/** The whole body as one buffer that shares no memory with it. */
export async function blobBodyBytes(body: BlobBody, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of blobBodyChunks(body, signal)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** What the promise gives, or a rejection with the signal's reason, whichever comes first. */
export async function untilAborted<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (signal === undefined) return promise
  let withdraw = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    withdraw = onAbort(signal, () => reject(signal.reason))
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    withdraw()
    promise.catch(() => undefined)
  }
}

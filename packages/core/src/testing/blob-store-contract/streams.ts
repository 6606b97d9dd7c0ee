/** Bytes that tell their place: no two stretches of 251 are shifted copies that would pass for each other unnoticed. */
export function patternBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let index = 0; index < length; index += 1) bytes[index] = (index % 251) ^ ((index >> 16) & 0xff)
  return bytes
}

/** The bytes in chunks whose lengths go round, empty chunks among them. */
export async function* inChunks(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Uint8Array, void, void> {
  let start = 0
  for (let turn = 0; start < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length
    yield bytes.subarray(start, start + length)
    start += length
  }
}

/** The bytes, then an error. */
export async function* thenThrow(bytes: Buffer, error: unknown): AsyncGenerator<Uint8Array, void, void> {
  yield* inChunks(bytes, [64 * 1024])
  throw error
}

/** The bytes, then `onSilence`, then nothing for ever: only a signal gets a caller out of it. */
export function thenSilence(bytes: Buffer, onSilence: () => void): AsyncIterable<Uint8Array> {
  const chunks = inChunks(bytes, [64 * 1024])
  const next = async (): Promise<IteratorResult<Uint8Array, void>> => {
    const chunk = await chunks.next()
    if (chunk.done !== true) return chunk
    onSilence()
    return new Promise<never>(() => undefined)
  }
  return { [Symbol.asyncIterator]: () => ({ next }) }
}

/** A stream that tells whether anybody asked it for bytes. */
export function watched(bytes: Buffer): { readonly body: AsyncIterable<Uint8Array>; readonly wasRead: () => boolean } {
  let read = false
  async function* body(): AsyncGenerator<Uint8Array, void, void> {
    read = true
    yield bytes
  }
  return { body: body(), wasRead: () => read }
}

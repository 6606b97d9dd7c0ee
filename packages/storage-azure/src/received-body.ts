import { createHash, timingSafeEqual } from 'node:crypto'
import { addAbortSignal, type Readable } from 'node:stream'

/** What is known of a body before it comes. */
export interface ExpectedBody {
  readonly length: number
  /** The MD5 that the service keeps or has made of it. */
  readonly md5?: Uint8Array | undefined
  /** How long it may be silent. */
  readonly silenceMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * The bytes of an answer, as they come. It ends with an error where they break off or fall silent, and where they are not
 * those that the service has sent.
 */
export async function* receivedBody(
  stream: Readable,
  { length, md5, silenceMs, signal }: ExpectedBody,
): AsyncGenerator<Uint8Array, void, void> {
  const source = signal === undefined ? stream : addAbortSignal(signal, stream)
  const hash = md5 === undefined ? undefined : createHash('md5')
  const giveUp = (): void => void source.destroy(new BrokenOff('ETIMEDOUT'))
  let received = 0
  let silence = setTimeout(giveUp, silenceMs)
  try {
    for await (const chunk of source) {
      clearTimeout(silence)
      received += chunk.length
      hash?.update(chunk)
      yield chunk
      silence = setTimeout(giveUp, silenceMs)
    }
  } catch (error) {
    throw received < length && !(error instanceof BrokenOff) ? new BrokenOff('ERR_STREAM_PREMATURE_CLOSE') : error
  } finally {
    clearTimeout(silence)
  }
  if (md5 !== undefined && hash !== undefined && !sameBytes(hash.digest(), md5)) throw new Error('the body is damaged')
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

/** An end before the end, by the name that the system would give it. */
class BrokenOff extends Error {
  readonly code: string

  constructor(code: string) {
    super('the body broke off')
    this.code = code
  }
}

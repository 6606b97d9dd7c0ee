import { constants } from 'node:buffer'
import { KbackupError } from '../errors/kbackup-error.ts'
import { blobRangeError } from './blob-error.ts'
import type { ByteRange } from './blob-store.ts'
import type { ObjectRead, ReadRequest } from './object-service.ts'

// An answer that breaks off again and again is given up; whoever asked may ask anew.
const MAX_ANSWERS = 8

/** What is to be read, and the request that reads it, whose errors are those of kbackup. */
export interface WholeRead {
  readonly store: string
  readonly key: string
  readonly range: ByteRange | undefined
  readonly signal: AbortSignal | undefined
  readonly open: (request: ReadRequest) => Promise<ObjectRead>
  /** The error of kbackup for one that a body threw. */
  readonly errorOf: (error: unknown) => unknown
}

/**
 * Reads an object, or a range of it, into memory; never gives more or fewer bytes than were asked for.
 *
 * A body that breaks off is resumed by range from its last byte, in the same content only. One that fails in any other way,
 * by a checksum for instance, is given up with `KB_STORE_UNAVAILABLE`, for nobody knows which of its bytes are wrong.
 */
export async function readWhole(read: WholeRead): Promise<Buffer> {
  const { key, range, signal } = read
  const start = range?.start ?? 0
  let bytes: Buffer | undefined
  let filled = 0
  let version: string | undefined
  for (let answers = 1; ; answers += 1) {
    const answer = await read.open({ key, start: start + filled, end: range?.end, version, signal })
    if (version !== undefined && answer.version !== version) throw replaced(read, answer)
    bytes ??= memoryFor(read, answer)
    version ??= answer.version
    const before = filled
    const broken = await fill(read, { answer, bytes, filled, advance: (count) => (filled += count) })
    if (broken === undefined && filled === bytes.length) return bytes
    const isDamaged =
      broken !== undefined && (filled === bytes.length || !KbackupError.is(broken, 'KB_STORE_UNAVAILABLE'))
    if (isDamaged || version === undefined || filled === before || answers >= MAX_ANSWERS) {
      throw brokenOff(read, { filled, wanted: bytes.length, isDamaged })
    }
  }
}

/** Not every service looks at the version that it is asked for. */
function replaced({ store, key }: WholeRead, { body }: ObjectRead): KbackupError {
  leaveUnread(body).catch(() => undefined)
  return new KbackupError('KB_STORE_UNAVAILABLE', {
    message: `${store}: get of ${key} failed: the object was replaced while it was read`,
    hint: 'It may pass by itself.',
    details: { store, operation: 'get', key },
  })
}

function memoryFor(read: WholeRead, { body, size }: ObjectRead): Buffer {
  try {
    return Buffer.allocUnsafe(endOf(read, size) - (read.range?.start ?? 0))
  } catch (error) {
    leaveUnread(body).catch(() => undefined)
    throw error
  }
}

/** Says that no more is wanted. A body that nobody takes anything from would keep its connection. */
async function leaveUnread(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of body) return
}

function endOf({ store, key, range }: WholeRead, size: number): number {
  if (range !== undefined && range.end > size) throw blobRangeError({ store, key, range, size })
  const end = range?.end ?? size
  if (end - (range?.start ?? 0) <= constants.MAX_LENGTH) return end
  throw new KbackupError('KB_BLOB_TOO_LARGE', {
    message: `${key} on ${store} has ${size} bytes, more than fit into memory at once`,
    hint: 'Read it by ranges.',
    details: { store, key, size },
  })
}

interface Filling {
  readonly answer: ObjectRead
  readonly bytes: Buffer
  readonly filled: number
  readonly advance: (count: number) => void
}

/** Copies what comes; gives what broke it off, as an error of kbackup. */
async function fill({ signal, errorOf }: WholeRead, filling: Filling): Promise<unknown> {
  let at = filling.filled
  try {
    for await (const chunk of filling.answer.body) {
      signal?.throwIfAborted()
      if (at + chunk.length > filling.bytes.length) return new Error('more bytes came than were asked for')
      filling.bytes.set(chunk, at)
      at += chunk.length
      filling.advance(chunk.length)
    }
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    return errorOf(error)
  }
}

interface BrokenAnswer {
  readonly filled: number
  readonly wanted: number
  readonly isDamaged: boolean
}

function brokenOff({ store, key }: WholeRead, { filled, wanted, isDamaged }: BrokenAnswer): KbackupError {
  const why = isDamaged ? 'it arrived damaged' : `only ${filled} of ${wanted} bytes came`
  return new KbackupError('KB_STORE_UNAVAILABLE', {
    message: `${store}: get of ${key} failed: ${why}`,
    hint: 'It may pass by itself; if it does not, look for a proxy on the way that cuts or changes answers.',
    details: { store, operation: 'get', key, filled, wanted },
  })
}

import { KbackupError } from '../errors/kbackup-error.ts'
import { ByteRate, type RateClock } from '../memory/byte-rate.ts'
import type { BlobBody } from './blob-body.ts'
import type { BlobStore, GetOptions, PutOptions } from './blob-store.ts'
import { passedOn } from './passed-on.ts'

/** How fast bytes may go to a store, and come from it; without limit where absent. */
export interface PacedBlobStoreOptions {
  readonly maxUploadBytesPerSecond?: number | undefined
  readonly maxDownloadBytesPerSecond?: number | undefined
  /** The clock and the timer; those of the machine by default. */
  readonly clock?: RateClock | undefined
}

/**
 * Limits the bandwidth that a store takes: of all calls together, each way by itself.
 *
 * Streams are held up chunk by chunk, other bytes before they are sent; a range before it is asked for, a whole object,
 * whose length nobody knows, after it has come.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for a limit that is not a number of at least 1.
 *
 * @example
 * ```ts
 * import { pacedBlobStore } from '@kbackup/core'
 * import { fs } from '@kbackup/storage-fs'
 *
 * const storage = pacedBlobStore(fs({ directory: './backups' }), { maxUploadBytesPerSecond: 20_000_000 })
 * ```
 */
export function pacedBlobStore(inner: BlobStore, options: PacedBlobStoreOptions): BlobStore {
  const uploads = rateOf('maxUploadBytesPerSecond', options)
  const downloads = rateOf('maxDownloadBytesPerSecond', options)
  return {
    ...passedOn(inner),
    put: (key, body, put = {}) => pacedPut(inner, uploads, { key, body, put }),
    get: (key, get = {}) => pacedGet(inner, downloads, { key, get }),
    head: (key, call) => inner.head(key, call),
    list: (prefix, call) => inner.list(prefix, call),
    delete: (key, call) => inner.delete(key, call),
  }
}

type Limit = 'maxUploadBytesPerSecond' | 'maxDownloadBytesPerSecond'

function rateOf(name: Limit, options: PacedBlobStoreOptions): ByteRate | undefined {
  const limit = options[name]
  if (limit === undefined) return undefined
  if (Number.isFinite(limit) && limit >= 1) return new ByteRate(limit, options.clock)
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `${name} of a store is ${limit}`,
    hint: 'Give a number of bytes of at least 1, or leave it out.',
  })
}

interface PutCall {
  readonly key: string
  readonly body: BlobBody
  readonly put: PutOptions
}

async function pacedPut(inner: BlobStore, rate: ByteRate | undefined, { key, body, put }: PutCall): Promise<void> {
  if (rate === undefined) return inner.put(key, body, put)
  if (!(body instanceof Uint8Array)) return inner.put(key, pacedChunks(body, rate, put.signal), put)
  await rate.pass(body.length, put.signal)
  await inner.put(key, body, put)
}

async function* pacedChunks(
  body: AsyncIterable<Uint8Array>,
  rate: ByteRate,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of body) {
    await rate.pass(chunk.length, signal)
    yield chunk
  }
}

async function pacedGet(
  inner: BlobStore,
  rate: ByteRate | undefined,
  { key, get }: { readonly key: string; readonly get: GetOptions },
): Promise<Buffer> {
  const { range, signal } = get
  if (rate !== undefined && range !== undefined) await rate.pass(Math.max(0, range.end - range.start), signal)
  const bytes = await inner.get(key, get)
  if (rate !== undefined && range === undefined) await rate.pass(bytes.length, signal)
  return bytes
}

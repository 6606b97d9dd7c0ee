import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { type BlobRangeMiss, type ByteRange, blobRangeError, KbackupError } from '@kbackup/core'
import type { Files } from './files.ts'

// Not to follow a link that takes the file's place, and not to wait for the other end of a pipe.
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

// The most that one call asks for, so that a signal is noticed in between.
const MAX_READ_BYTES = 16 * 1024 * 1024

export interface FileRead {
  readonly store: string
  readonly key: string
  readonly path: string
  readonly range: ByteRange | undefined
  readonly signal: AbortSignal | undefined
}

/** The bytes of a file, or of a range of it; `undefined` if there is something else of that name. */
export async function readFileBytes(files: Files, read: FileRead): Promise<Buffer | undefined> {
  const file = await files.open(read.path, READ)
  try {
    const facts = await file.stat()
    if (!facts.isFile()) return undefined
    return await readRange(file, read, rangeWithin(facts.size, read))
  } finally {
    await file.close()
  }
}

function rangeWithin(size: number, { store, key, range }: FileRead): ByteRange {
  if (range === undefined) return { start: 0, end: size }
  const miss: BlobRangeMiss = { store, key, range, size }
  if (range.end > size) throw blobRangeError(miss)
  return range
}

async function readRange(
  file: FileHandle,
  { store, key, signal }: FileRead,
  { start, end }: ByteRange,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start)
  for (let filled = 0; filled < bytes.length; ) {
    signal?.throwIfAborted()
    const length = Math.min(bytes.length - filled, MAX_READ_BYTES)
    const { bytesRead } = await file.read(bytes, filled, length, start + filled)
    if (bytesRead === 0) throw shortened(store, key)
    filled += bytesRead
  }
  return bytes
}

function shortened(store: string, key: string): KbackupError {
  return new KbackupError('KB_STORE_FAILED', {
    message: `${store}: ${key} became shorter while it was read`,
    hint: 'somebody else writes below the directory; objects are never changed in place by kbackup',
    details: { store, key },
  })
}

import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobBody, blobBodyChunks } from '@kbackup/core'
import type { Files } from './files.ts'
import { temporaryName } from './temporary-name.ts'

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

export interface TemporaryFileOptions {
  readonly folder: string
  readonly body: BlobBody
  readonly signal: AbortSignal | undefined
}

/** A complete, durable file under a name that is no object's. */
export interface TemporaryFile extends AsyncDisposable {
  readonly path: string
}

/** Writes a body into a temporary file and makes it durable; disposing of the file removes the temporary name. */
export async function writeTemporaryFile(files: Files, options: TemporaryFileOptions): Promise<TemporaryFile> {
  const path = join(options.folder, temporaryName())
  const remove = (): Promise<void> => files.unlink(path).catch(() => undefined)
  const file = await files.open(path, NEW_FILE, 0o666)
  try {
    await fill(file, options)
  } catch (error) {
    await file.close().catch(() => undefined)
    await remove()
    throw error
  }
  return { path, [Symbol.asyncDispose]: remove }
}

async function fill(file: FileHandle, { body, signal }: TemporaryFileOptions): Promise<void> {
  for await (const chunk of blobBodyChunks(body, signal)) await writeAll(file, chunk)
  signal?.throwIfAborted()
  await file.sync()
  await file.close()
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let start = 0; start < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, start, chunk.length - start)
    start += bytesWritten
  }
}

import { constants, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import {
  assertBlobKey,
  assertBlobPrefix,
  assertByteRange,
  type BlobBody,
  type BlobCallOptions,
  type BlobInfo,
  type BlobStore,
  blobExists,
  blobNotFound,
  type GetOptions,
  type PutOptions,
  type UnfinishedUploads,
  untilAborted,
} from '@kbackup/core'
import { removeEmptyFolders } from './empty-folders.ts'
import type { Files } from './files.ts'
import { type FailedCall, filesystemError, isMissing, linkRefused, systemCode } from './filesystem-error.ts'
import { type Listing, listFiles } from './list-files.ts'
import { createName, type Publication, replaceName } from './publish-file.ts'
import { type FileRead, readFileBytes } from './read-file.ts'
import { RootDirectory } from './root-directory.ts'
import { syncFolder } from './sync-folder.ts'
import { writeTemporaryFile } from './temporary-file.ts'
import { discardUnfinishedFile, unfinishedFiles } from './unfinished-files.ts'

/** The store behind {@link fs}, with the calls of the operating system as a parameter. */
export class FilesystemStore implements BlobStore {
  readonly name: string
  readonly releasesChunks = true
  /** The temporary files of processes that are not known to live. */
  readonly unfinishedUploads: UnfinishedUploads = {
    list: (prefix, { signal } = {}) =>
      this.#reportingEach(prefix, signal, (listing) => unfinishedFiles(listing, prefix)),
    discard: async ({ id }, { signal } = {}) => {
      signal?.throwIfAborted()
      await this.#reporting({ action: 'delete', key: id }, () => discardUnfinishedFile(this.#listing, id))
    },
  }
  readonly #files: Files
  readonly #root: RootDirectory

  constructor(directory: string, files: Files) {
    this.name = `filesystem ${directory}`
    this.#files = files
    this.#root = new RootDirectory({ directory, store: this.name, files })
  }

  async put(key: string, body: BlobBody, options: PutOptions = {}): Promise<void> {
    assertBlobKey(key)
    options.signal?.throwIfAborted()
    await this.#reporting({ action: 'write', key }, () => this.#put(key, body, options))
  }

  async get(key: string, options: GetOptions = {}): Promise<Buffer> {
    assertBlobKey(key)
    options.signal?.throwIfAborted()
    if (options.range !== undefined) assertByteRange({ store: this.name, key, range: options.range })
    const reading = this.#reporting({ action: 'read', key }, () => this.#get(key, options))
    return untilAborted(reading, options.signal)
  }

  async head(key: string, options: BlobCallOptions = {}): Promise<BlobInfo | undefined> {
    assertBlobKey(key)
    options.signal?.throwIfAborted()
    const looking = this.#reporting({ action: 'look up', key }, () => this.#factsOf(key))
    const facts = await untilAborted(looking, options.signal)
    return facts && { key, size: facts.size, modifiedAtMs: Math.trunc(facts.mtimeMs) }
  }

  /** By the rights of the deepest folder of the key that exists; what lies below it would be created. */
  async mayCreate(key: string, { signal }: BlobCallOptions = {}): Promise<boolean> {
    assertBlobKey(key)
    signal?.throwIfAborted()
    const asking = this.#reporting({ action: 'look up', key }, () => this.#isWritable(key.split('/').slice(0, -1)))
    return untilAborted(asking, signal)
  }

  list(prefix: string, { signal }: BlobCallOptions = {}): AsyncGenerator<BlobInfo, void, void> {
    return this.#reportingEach(prefix, signal, (listing) => listFiles(listing, prefix))
  }

  async delete(key: string, { signal }: BlobCallOptions = {}): Promise<void> {
    assertBlobKey(key)
    signal?.throwIfAborted()
    await this.#reporting({ action: 'delete', key }, () => this.#delete(key, signal))
  }

  /** Of the check of a store: archives keep their folders, in which others may be about to write. */
  async removeEmptyFolders(prefix: string, { signal }: BlobCallOptions = {}): Promise<void> {
    assertBlobPrefix(prefix)
    signal?.throwIfAborted()
    await this.#reporting({ action: 'delete', key: prefix }, async () => {
      const folder = await this.#root.folder(prefix.split('/').filter((segment) => segment !== ''))
      if (folder !== undefined && prefix !== '') await removeEmptyFolders(this.#files, folder)
    })
  }

  async #isWritable(segments: readonly string[]): Promise<boolean> {
    const folder = await this.#root.folder(segments)
    if (folder === undefined) return segments.length === 0 || this.#isWritable(segments.slice(0, -1))
    try {
      await this.#files.access(folder, constants.W_OK | constants.X_OK)
      return true
    } catch (error) {
      if (['EACCES', 'EPERM', 'EROFS'].includes(systemCode(error) ?? '')) return false
      throw error
    }
  }

  async #put(key: string, body: BlobBody, { ifAbsent, signal }: PutOptions): Promise<void> {
    // Nothing is visible yet: a call of the system that never comes back needs no waiting for.
    const folder = await untilAborted(this.#folderFor(key, ifAbsent === true), signal)
    signal?.throwIfAborted()
    await using temporary = await writeTemporaryFile(this.#files, { folder, body, signal })
    // The stream may have taken hours: the folder must still be the one below the root.
    if ((await this.#root.folderOf(key)) === undefined) throw linkRefused(this.name, key)
    signal?.throwIfAborted()
    const publication: Publication = { store: this.name, key, temporary: temporary.path, path: this.#root.pathOf(key) }
    await (ifAbsent === true ? createName : replaceName)(this.#files, publication)
  }

  async #folderFor(key: string, ifAbsent: boolean): Promise<string> {
    if (ifAbsent) await this.#refuseIfThere(key)
    return this.#root.makeFolderOf(key)
  }

  /** Spares a writer that has lost already its whole upload; that it has not lost yet is decided by the naming alone. */
  async #refuseIfThere(key: string): Promise<void> {
    if ((await this.#factsOf(key)) === undefined) return
    const folder = dirname(this.#root.pathOf(key))
    // Who may not write hears that, as from stores that look at rights first: plans of restores ask in this way.
    await this.#files.access(folder, constants.W_OK)
    // The loser acts on what it lost to, so that must outlive a power failure too.
    await syncFolder(this.#files, folder)
    throw blobExists(this.name, key)
  }

  async #get(key: string, { range, signal }: GetOptions): Promise<Buffer> {
    const bytes = await this.#read({ store: this.name, key, path: this.#root.pathOf(key), range, signal })
    if (bytes === undefined) throw blobNotFound(this.name, key)
    return bytes
  }

  async #read(read: FileRead): Promise<Buffer | undefined> {
    if ((await this.#root.folderOf(read.key)) === undefined) return undefined
    try {
      const bytes = await readFileBytes(this.#files, read)
      // A folder that was exchanged for a link between the look and the reading shows itself here.
      return (await this.#root.folderOf(read.key)) === undefined ? undefined : bytes
    } catch (error) {
      if (systemCode(error) === 'ELOOP') throw linkRefused(this.name, read.key)
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** What the filesystem knows of an object; `undefined` for what is missing, or a folder. */
  async #factsOf(key: string): Promise<Stats | undefined> {
    if ((await this.#root.folderOf(key)) === undefined) return undefined
    try {
      const facts = await this.#files.lstat(this.#root.pathOf(key))
      if (facts.isSymbolicLink()) throw linkRefused(this.name, key)
      return facts.isFile() ? facts : undefined
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  // Folders stay, and the folder is not synced: an object that a power failure brings back is no harm.
  async #delete(key: string, signal: AbortSignal | undefined): Promise<void> {
    if ((await this.#factsOf(key)) === undefined) return
    signal?.throwIfAborted()
    try {
      await this.#files.unlink(this.#root.pathOf(key))
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  get #listing(): Listing {
    return { store: this.name, files: this.#files, root: this.#root }
  }

  async *#reportingEach<Item>(
    prefix: string,
    signal: AbortSignal | undefined,
    itemsOf: (listing: Listing) => AsyncGenerator<Item, void, void>,
  ): AsyncGenerator<Item, void, void> {
    assertBlobPrefix(prefix)
    signal?.throwIfAborted()
    const items = itemsOf(this.#listing)
    for (;;) {
      const next = await untilAborted(
        this.#reporting({ action: 'list', key: prefix }, () => items.next()),
        signal,
      )
      if (next.done === true) return
      yield next.value
      signal?.throwIfAborted()
    }
  }

  async #reporting<Value>(call: Omit<FailedCall, 'store'>, perform: () => Promise<Value>): Promise<Value> {
    try {
      return await perform()
    } catch (error) {
      throw filesystemError(error, { store: this.name, ...call })
    }
  }
}

import { dirname, join, resolve } from 'node:path'
import type { Files } from './files.ts'
import { isMissing, linkRefused, systemCode } from './filesystem-error.ts'
import { makeFolders, noFoldersHere, notADirectory } from './make-folders.ts'
import { syncFolder } from './sync-folder.ts'

export interface RootDirectoryOptions {
  readonly directory: string
  /** The store's name, for messages. */
  readonly store: string
  readonly files: Files
}

// Beyond this many folders the memory of what is durable begins anew; it only saves calls of fsync.
const MAX_REMEMBERED_FOLDERS = 10_000

/**
 * The one directory below which everything lies, and the only place that turns keys into paths.
 *
 * The root itself may be a symbolic link. Below it none is followed: a folder is used only if its real path is the root's
 * real path with the key's segments, which also catches names that a case-insensitive filesystem takes for each other.
 */
export class RootDirectory {
  readonly #directory: string
  readonly #store: string
  readonly #files: Files
  readonly #durable = new Set<string>()

  constructor({ directory, store, files }: RootDirectoryOptions) {
    this.#directory = resolve(directory)
    this.#store = store
    this.#files = files
  }

  /** The path of a key's file, whether or not it exists. */
  pathOf(key: string): string {
    return join(this.#directory, ...key.split('/'))
  }

  /** The folder that holds a key's file, if it exists; `undefined` if it does not, an error if a link leads there. */
  async folderOf(key: string): Promise<string | undefined> {
    return this.folder(key.split('/').slice(0, -1))
  }

  /** The folder of these segments, if it exists; `undefined` if it does not, an error if a link leads there. */
  async folder(segments: readonly string[]): Promise<string | undefined> {
    const path = join(this.#directory, ...segments)
    try {
      const root = await this.#realRoot()
      if ((await this.#files.realpath(path)) === join(root, ...segments)) return path
    } catch (error) {
      if (isMissing(error)) return this.#assertTrulyMissing(segments)
      if (systemCode(error) !== 'ELOOP') throw error
    }
    throw linkRefused(this.#store, segments.join('/'))
  }

  /** What lies behind a link is not missing, even if the link leads nowhere: the other place may just not be mounted. */
  async #assertTrulyMissing(segments: readonly string[]): Promise<undefined> {
    if (segments.length === 0) return undefined
    const facts = await this.#files.lstat(join(this.#directory, ...segments)).catch(ignoreMissing)
    if (facts?.isSymbolicLink() === true) throw linkRefused(this.#store, segments.join('/'))
    await this.folder(segments.slice(0, -1))
    return undefined
  }

  /** The folder that holds a key's file, made if need be, together with the folders above it, durably. */
  async makeFolderOf(key: string): Promise<string> {
    return this.#makeFolder(key.split('/').slice(0, -1))
  }

  async #realRoot(): Promise<string> {
    const root = await this.#files.realpath(this.#directory)
    if ((await this.#files.stat(root)).isDirectory()) return root
    throw notADirectory(this.#store, this.#directory)
  }

  async #makeFolder(segments: readonly string[]): Promise<string> {
    const found = await this.folder(segments)
    const path = found ?? (await this.#create(segments))
    if (this.#durable.has(path)) return path
    // Somebody else may have made the folder a moment ago without having made it durable yet.
    if (found !== undefined && segments.length > 0) await this.#makeFolder(segments.slice(0, -1))
    if (segments.length > 0) await syncFolder(this.#files, dirname(path))
    this.#remember(path)
    return path
  }

  async #create(segments: readonly string[]): Promise<string> {
    if (segments.length === 0) return this.#createRoot()
    const path = join(await this.#makeFolder(segments.slice(0, -1)), segments[segments.length - 1] ?? '')
    this.#durable.delete(path)
    try {
      await this.#files.mkdir(path)
    } catch (error) {
      if (systemCode(error) === 'ENOENT' && (await this.folder(segments.slice(0, -1))) !== undefined) {
        throw noFoldersHere(this.#store, path, error)
      }
      if (systemCode(error) !== 'EEXIST') throw error
    }
    if ((await this.folder(segments)) !== undefined) return path
    throw linkRefused(this.#store, segments.join('/'))
  }

  async #createRoot(): Promise<string> {
    this.#durable.clear()
    const made = await makeFolders(this.#files, { store: this.#store, path: this.#directory })
    for (const path of made.toReversed()) await syncFolder(this.#files, dirname(path))
    return this.#directory
  }

  #remember(path: string): void {
    if (this.#durable.size >= MAX_REMEMBERED_FOLDERS) this.#durable.clear()
    this.#durable.add(path)
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}

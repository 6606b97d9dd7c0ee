import { constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeFiles } from './files.ts'
import { FilesystemStore } from './filesystem-store.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kbackup-rights-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** A filesystem on which some folders cannot be written to; as root, rights do not bind. */
function storeRefusing(folders: readonly string[], code: string): FilesystemStore {
  const refused = folders.map((folder) => resolve(root, folder))
  const access: typeof nodeFiles.access = async (path, mode = constants.F_OK) => {
    const writes = (mode & constants.W_OK) !== 0
    if (writes && refused.includes(String(path))) throw Object.assign(new Error(code), { code })
    await nodeFiles.access(path, mode)
  }
  return new FilesystemStore(root, { ...nodeFiles, access })
}

describe('whether an object may be created', () => {
  beforeEach(async () => {
    const store = new FilesystemStore(root, nodeFiles)
    for (const key of ['b/archive.json', 'b/restores/x/1.json']) await store.put(key, Buffer.from('{}'))
  })

  it.each(['EACCES', 'EPERM', 'EROFS'])('is said of the deepest folder that exists: %s', async (code) => {
    const readOnlyRestores = storeRefusing(['b/restores'], code)
    expect(await readOnlyRestores.mayCreate('b/restores/y/1.json')).toBe(false)
    expect(await readOnlyRestores.mayCreate('b/pins/p.json')).toBe(true)
    const readOnlyArchive = storeRefusing(['b'], code)
    expect(await readOnlyArchive.mayCreate('b/pins/p.json')).toBe(false)
    expect(await readOnlyArchive.mayCreate('b/restores/y/1.json')).toBe(true)
  })

  it('creates nothing, and tells a filesystem that fails from one that refuses', async () => {
    expect(await storeRefusing([], '').mayCreate('b/pins/p.json')).toBe(true)
    await expect(storeRefusing(['b'], 'EIO').mayCreate('b/pins/p.json')).rejects.toMatchObject({
      code: 'KB_STORE_FAILED',
    })
    await expect(nodeFiles.stat(join(root, 'b/pins'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

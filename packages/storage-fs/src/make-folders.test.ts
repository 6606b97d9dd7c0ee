import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Files, nodeFiles } from './files.ts'
import { FilesystemStore } from './filesystem-store.ts'
import { fs } from './fs.ts'

const body = Buffer.from('payload')

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'kbackup-folders-'))
})
afterEach(() => rm(base, { recursive: true, force: true }))

describe('the directory of a store', () => {
  it('is made with the folders above it, and each name is made durable in the folder above', async () => {
    const synced: string[] = []
    const open: Files['open'] = (path, ...rest) => {
      synced.push(String(path))
      return nodeFiles.open(path, ...rest)
    }
    await new FilesystemStore(join(base, 'not/yet/there'), { ...nodeFiles, open }).put('a', body)
    expect((await stat(join(base, 'not/yet/there/a'))).size).toBe(body.length)
    expect(synced.slice(0, 3)).toEqual([join(base, 'not/yet'), join(base, 'not'), base])
  })

  it.runIf(process.platform === 'linux')('in /proc is an error that names it, and no endless loop', async () => {
    for (const [directory, key] of [
      ['/proc/kbackup/backups', 'a'],
      ['/proc', 'kbackup/a'],
    ] as const) {
      await expect(fs({ directory }).put(key, body)).rejects.toMatchObject({
        code: 'KB_STORE_FAILED',
        retryable: false,
        message: expect.stringContaining('could not make the folder /proc/kbackup'),
        hint: expect.stringContaining('a filesystem that keeps files'),
      })
    }
  })

  it('that cannot be made for want of a right is an error that names the folder', async () => {
    const mkdir = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('EACCES: as injected'), { code: 'EACCES' }))
    const store = new FilesystemStore(join(base, 'new'), { ...nodeFiles, mkdir })
    await expect(store.put('a', body)).rejects.toMatchObject({
      code: 'KB_STORE_FORBIDDEN',
      message: expect.stringContaining(`could not make the folder ${join(base, 'new')}`),
    })
  })

  it('below a file, or behind a link that leads nowhere, is an error that names what is in the way', async () => {
    await writeFile(join(base, 'file'), '')
    await symlink('nowhere', join(base, 'link'))
    for (const name of ['file', 'link']) {
      await expect(fs({ directory: join(base, name, 'below') }).put('a', body)).rejects.toMatchObject({
        code: 'KB_STORE_FAILED',
        message: expect.stringContaining(`${join(base, name)} is not a directory`),
      })
    }
  })

  it('may be made by somebody else at the same moment', async () => {
    const mkdir: Files['mkdir'] = async (path) => {
      await nodeFiles.mkdir(path)
      throw Object.assign(new Error('EEXIST: as injected'), { code: 'EEXIST' })
    }
    const store = new FilesystemStore(join(base, 'a/b'), { ...nodeFiles, mkdir })
    await store.put('c', body)
    expect((await stat(dirname(join(base, 'a/b/c')))).isDirectory()).toBe(true)
  })

  it.each(['stat', 'mkdir'] as const)('that a call (%s) never comes back from holds no aborted put', async (call) => {
    const aborter = new AbortController()
    const hang = (): Promise<never> => {
      queueMicrotask(() => aborter.abort('enough'))
      return new Promise<never>(() => undefined)
    }
    const store = new FilesystemStore(join(base, 'new'), { ...nodeFiles, [call]: hang })
    await expect(store.put('a', body, { signal: aborter.signal })).rejects.toBe('enough')
  })
})

import { link, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KbackupError } from '@kbackup/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Files, nodeFiles } from './files.ts'
import { FilesystemStore } from './filesystem-store.ts'

const body = Buffer.from('payload')

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kbackup-errors-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as injected`), { code })
}

function storeWith(files: Partial<Files>): FilesystemStore {
  return new FilesystemStore(root, { ...nodeFiles, ...files })
}

/** Opens files for real, and makes a method of their handles fail. */
function openFailing(method: 'write' | 'sync', code: string, isStruck: (path: string) => boolean): Files['open'] {
  return async (path, ...rest) => {
    const handle = await nodeFiles.open(path, ...rest)
    if (isStruck(String(path))) handle[method] = () => Promise.reject(systemError(code))
    return handle
  }
}

const isTemporary = (path: string): boolean => path.includes('#kbackup-')

describe('an error of the operating system', () => {
  it.each([
    ['EACCES', 'KB_STORE_FORBIDDEN', false],
    ['EPERM', 'KB_STORE_FORBIDDEN', false],
    ['EROFS', 'KB_STORE_FORBIDDEN', false],
    ['ENOSPC', 'KB_STORE_FAILED', false],
    ['EDQUOT', 'KB_STORE_FAILED', false],
    ['EIO', 'KB_STORE_FAILED', false],
    ['EMFILE', 'KB_STORE_UNAVAILABLE', true],
    ['ESTALE', 'KB_STORE_UNAVAILABLE', true],
    ['EWHATEVER', 'KB_STORE_FAILED', false],
  ])('%s becomes %s with a hint', async (systemCode, code, retryable) => {
    await storeWith({}).put('a/b', body)
    const fail = (): Promise<never> => Promise.reject(systemError(systemCode))
    const store = storeWith({ open: fail, lstat: fail, opendir: fail })
    const expected = expect.objectContaining({ code, retryable, hint: expect.stringMatching(/\w/) })
    await expect(store.put('a/x', body)).rejects.toEqual(expected)
    await expect(store.get('a/b')).rejects.toEqual(expected)
    await expect(store.head('a/b')).rejects.toEqual(expected)
    await expect(store.delete('a/b')).rejects.toEqual(expected)
    await expect(store.list('a').next()).rejects.toEqual(expected)
  })

  it('that says of a folder that it is read-only comes before what is in it', async () => {
    await storeWith({}).put('a/b', body)
    const access = (): Promise<never> => Promise.reject(systemError('EROFS'))
    const put = storeWith({ access }).put('a/b', body, { ifAbsent: true })
    await expect(put).rejects.toMatchObject({ code: 'KB_STORE_FORBIDDEN' })
  })

  it('never passes for a missing object', async () => {
    await storeWith({}).put('a', body)
    for (const code of ['EACCES', 'EIO', 'ESTALE', 'EMFILE']) {
      const store = storeWith({ stat: async (): Promise<never> => Promise.reject(systemError(code)) })
      const caught: unknown = await store.get('a').catch((error: unknown) => error)
      expect(KbackupError.is(caught) && caught.code !== 'KB_BLOB_NOT_FOUND').toBe(true)
      await expect(store.head('a')).rejects.toThrow()
    }
  })

  it.each([
    ['write', 'ENOSPC'],
    ['sync', 'EIO'],
  ] as const)('in the %s of a file (%s) leaves neither an object nor a temporary file', async (method, code) => {
    const store = storeWith({ open: openFailing(method, code, isTemporary) })
    await expect(store.put('a', body, { ifAbsent: true })).rejects.toMatchObject({ code: 'KB_STORE_FAILED' })
    expect(await readdir(root)).toEqual([])
  })
})

describe('put', () => {
  it('writes on where the system took only a part', async () => {
    const open: Files['open'] = async (path, ...rest) => {
      const handle = await nodeFiles.open(path, ...rest)
      const write = handle.write.bind(handle)
      Object.assign(handle, { write: (bytes: Buffer, start: number) => write(bytes, start, 1) })
      return handle
    }
    const store = storeWith({ open })
    await store.put('a', body)
    expect((await storeWith({}).get('a')).toString()).toBe('payload')
  })

  it.each(['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'])(
    'with ifAbsent says clearly that the filesystem has no hard links (%s), and leaves nothing',
    async (code) => {
      const store = storeWith({ link: () => Promise.reject(systemError(code)) })
      const failure = store.put('a', body, { ifAbsent: true })
      await expect(failure).rejects.toMatchObject({
        code: 'KB_STORE_FAILED',
        message: expect.stringContaining('hard links'),
      })
      expect(await readdir(root)).toEqual([])
    },
  )

  it('is a success when a network filesystem answers EEXIST to its own repeated link', async () => {
    const store = storeWith({
      link: async (from, to) => {
        await link(from, to)
        throw systemError('EEXIST')
      },
    })
    await store.put('a', body, { ifAbsent: true })
    expect((await store.get('a')).toString()).toBe('payload')
    expect(await readdir(root)).toEqual(['a'])
  })

  it('is a loss when another writer comes between the look and the link', async () => {
    const store = storeWith({
      link: async (from, to) => {
        await writeFile(to, 'winner')
        await link(from, to)
      },
    })
    await expect(store.put('a', body, { ifAbsent: true })).rejects.toMatchObject({ code: 'KB_BLOB_EXISTS' })
    expect((await store.get('a')).toString()).toBe('winner')
    expect(await readdir(root)).toEqual(['a'])
  })

  it.each(['EIO', 'ETIMEDOUT', 'ESTALE'])(
    'calls its outcome unknown when naming the file fails with %s',
    async (code) => {
      const fail = () => Promise.reject(systemError(code))
      const store = storeWith({ link: fail, rename: fail })
      const unknown = { code: 'KB_STORE_UNAVAILABLE', message: expect.stringContaining('unknown') }
      await expect(store.put('a', body, { ifAbsent: true })).rejects.toMatchObject(unknown)
      await expect(store.put('a', body)).rejects.toMatchObject(unknown)
    },
  )

  it('calls its outcome unknown when the name is given and cannot be made durable', async () => {
    const store = storeWith({ open: openFailing('sync', 'EIO', (path) => path === root) })
    await expect(store.put('a', body)).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: false })
  })

  it('syncs the file before it is named, the folder after, and the parents of new folders', async () => {
    const steps: string[] = []
    const nameOf = (path: unknown): string =>
      isTemporary(String(path)) ? 'file' : `/${String(path).slice(root.length + 1)}`
    const open: Files['open'] = async (path, ...rest) => {
      const handle = await nodeFiles.open(path, ...rest)
      const sync = handle.sync.bind(handle)
      handle.sync = () => {
        steps.push(`sync ${nameOf(path)}`)
        return sync()
      }
      return handle
    }
    const store = storeWith({
      open,
      link: (from, to) => {
        steps.push(`name ${nameOf(to)}`)
        return link(from, to)
      },
    })
    await store.put('a/b/c', body, { ifAbsent: true })
    expect(steps).toEqual(['sync /', 'sync /a', 'sync file', 'name /a/b/c', 'sync /a/b'])
    steps.length = 0
    await store.put('a/b/d', body, { ifAbsent: true })
    expect(steps).toEqual(['sync file', 'name /a/b/d', 'sync /a/b'])
  })

  it('makes folders durable that somebody else has just made', async () => {
    await nodeFiles.mkdir(join(root, 'a/b'), { recursive: true })
    const synced: string[] = []
    const open: Files['open'] = (path, ...rest) => {
      if (!isTemporary(String(path))) synced.push(String(path))
      return nodeFiles.open(path, ...rest)
    }
    await storeWith({ open }).put('a/b/c', body)
    expect(synced).toEqual([root, join(root, 'a'), join(root, 'a/b')])
  })
})

import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobStore } from '@kbackup/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeFiles } from './files.ts'
import { FilesystemStore } from './filesystem-store.ts'
import { fs } from './fs.ts'

const FORBIDDEN = expect.objectContaining({ code: 'KB_STORE_FORBIDDEN', retryable: false })
const body = Buffer.from('payload')

let base: string
let root: string
let outside: string
let store: BlobStore

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'kbackup-links-'))
  root = join(base, 'root')
  outside = join(base, 'outside')
  await mkdir(root)
  await mkdir(outside)
  await writeFile(join(outside, 'secret'), 'secret')
  store = fs({ directory: root })
})
afterEach(() => rm(base, { recursive: true, force: true }))

async function expectRefused(key: string): Promise<void> {
  await expect(store.put(key, body)).rejects.toEqual(FORBIDDEN)
  await expect(store.put(key, body, { ifAbsent: true })).rejects.toEqual(FORBIDDEN)
  await expect(store.get(key)).rejects.toEqual(FORBIDDEN)
  await expect(store.head(key)).rejects.toEqual(FORBIDDEN)
  await expect(store.delete(key)).rejects.toEqual(FORBIDDEN)
}

async function expectOutsideUntouched(): Promise<void> {
  expect(await readdir(outside)).toEqual(['secret'])
  expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret')
}

describe('a symbolic link below the directory', () => {
  it('to a folder outside is not followed by any call', async () => {
    await symlink(outside, join(root, 'a'))
    await expectRefused('a/secret')
    await expectRefused('a/new')
    await expectRefused('a/new/folder/x')
    await expectOutsideUntouched()
  })

  it('to a folder outside, relative and deep, is not followed by any call', async () => {
    await mkdir(join(root, 'a/b'), { recursive: true })
    await symlink('../../../outside', join(root, 'a/b/c'))
    await expectRefused('a/b/c/secret')
    await expectOutsideUntouched()
  })

  it('to another folder inside is not followed either, so that every object has one name', async () => {
    await store.put('real/x', body)
    await symlink('real', join(root, 'alias'))
    await expectRefused('alias/x')
    expect((await store.get('real/x')).toString()).toBe('payload')
  })

  it('in the place of an object is not read', async () => {
    await symlink(join(outside, 'secret'), join(root, 'a'))
    await expect(store.get('a')).rejects.toEqual(FORBIDDEN)
    await expect(store.head('a')).rejects.toEqual(FORBIDDEN)
    await expect(store.put('a', body, { ifAbsent: true })).rejects.toEqual(FORBIDDEN)
    await expectOutsideUntouched()
  })

  it('in the place of an object is replaced, not written through, by an overwriting put', async () => {
    await symlink(join(outside, 'secret'), join(root, 'a'))
    await store.put('a', body)
    expect((await store.get('a')).toString()).toBe('payload')
    await expectOutsideUntouched()
  })

  it('that leads nowhere makes nothing at its other end', async () => {
    await symlink(join(outside, 'new'), join(root, 'a'))
    await expectRefused('a/b')
    await expectRefused('a/b/c')
    await expectOutsideUntouched()
  })

  it('that leads to itself is refused', async () => {
    await symlink('loop', join(root, 'loop'))
    await expectRefused('loop/x')
  })

  it.each(['', 'a', 'a/', 'ab'])(
    'makes a listing of %j that would meet it reject, instead of leaving objects out',
    async (prefix) => {
      await symlink(outside, join(root, 'ab'))
      await symlink(outside, join(root, 'a'))
      await expect(store.list(prefix)[Symbol.asyncIterator]().next()).rejects.toEqual(FORBIDDEN)
    },
  )

  it('does not disturb a listing of another prefix', async () => {
    await symlink(outside, join(root, 'latest'))
    await store.put('payments/x', body)
    expect(await store.list('payments/')[Symbol.asyncIterator]().next()).toMatchObject({ value: { key: 'payments/x' } })
  })

  it('that takes the place of the folder while a stream is written makes the put reject', async () => {
    async function* stream() {
      yield body
      await rename(join(root, 'a'), join(base, 'moved'))
      await symlink(outside, join(root, 'a'))
    }
    await store.put('a/there', body)
    await expect(store.put('a/x', stream(), { ifAbsent: true })).rejects.toEqual(FORBIDDEN)
    await expectOutsideUntouched()
  })

  it('that takes the place of the folder between the look and the reading makes the get reject', async () => {
    await store.put('a/secret', body)
    const open: typeof nodeFiles.open = async (path, ...rest) => {
      await rename(join(root, 'a'), join(base, 'moved'))
      await symlink(outside, join(root, 'a'))
      return nodeFiles.open(path, ...rest)
    }
    const raced = new FilesystemStore(root, { ...nodeFiles, open })
    await expect(raced.get('a/secret')).rejects.toEqual(FORBIDDEN)
  })
})

describe('the directory itself', () => {
  it('may be a symbolic link', async () => {
    await symlink(root, join(base, 'link'))
    const linked = fs({ directory: join(base, 'link') })
    await linked.put('a/b', body)
    expect((await store.get('a/b')).toString()).toBe('payload')
    expect((await linked.get('a/b')).toString()).toBe('payload')
  })

  it('that is a file makes every call reject, reads included', async () => {
    const wrong = fs({ directory: join(outside, 'secret') })
    const failed = expect.objectContaining({ code: 'KB_STORE_FAILED' })
    await expect(wrong.get('a')).rejects.toEqual(failed)
    await expect(wrong.head('a')).rejects.toEqual(failed)
    await expect(wrong.put('a', body)).rejects.toEqual(failed)
    await expect(wrong.list('')[Symbol.asyncIterator]().next()).rejects.toEqual(failed)
  })
})

describe('a key', () => {
  it.each(['../outside/secret', 'a/../../outside/secret', '/etc/passwd', 'a/..', '..'])(
    'such as %j never leads out of the directory',
    async (key) => {
      const invalid = expect.objectContaining({ code: 'KB_BLOB_KEY_INVALID' })
      await expect(store.get(key)).rejects.toEqual(invalid)
      await expect(store.put(key, body)).rejects.toEqual(invalid)
      await expect(store.delete(key)).rejects.toEqual(invalid)
      await expectOutsideUntouched()
    },
  )

  it('that is a folder, or lies below an object, is refused as such', async () => {
    const invalid = expect.objectContaining({ code: 'KB_BLOB_KEY_INVALID' })
    await store.put('a/b', body)
    for (const key of ['a', 'a/b/c', 'a/b/c/d']) {
      await expect(store.put(key, body)).rejects.toEqual(invalid)
      await expect(store.put(key, body, { ifAbsent: true })).rejects.toEqual(invalid)
    }
    expect((await store.get('a/b')).toString()).toBe('payload')
  })
})

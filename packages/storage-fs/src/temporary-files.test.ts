import { createHash } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobStore, UnfinishedUpload } from '@kbackup/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fs } from './fs.ts'
import { removeStaleTemporaryFiles } from './stale-temporary-files.ts'
import { temporaryName } from './temporary-name.ts'

const HOUR_MS = 3_600_000
const THIS_HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
// Above the largest process id that Linux gives out.
const NO_PROCESS = 4_194_305

let root: string
let store: BlobStore
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kbackup-temporary-'))
  store = fs({ directory: root })
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function plant(path: string, ageMs: number): Promise<string> {
  const absolute = join(root, path)
  await mkdir(join(absolute, '..'), { recursive: true })
  await writeFile(absolute, 'half')
  await utimes(absolute, new Date(), new Date(Date.now() - ageMs))
  return absolute
}

async function keys(prefix: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { key } of store.list(prefix)) found.push(key)
  return found
}

describe('a temporary file', () => {
  it('is never listed, whatever else lies there that is no object', async () => {
    await plant(`a/${temporaryName()}`, 0)
    await plant('a/not a key', 0)
    await store.put('a/object', Buffer.from('x'))
    expect(await keys('')).toEqual(['a/object'])
  })

  it('exists while a stream is written and is gone after it, however the put ends', async () => {
    let during: readonly string[] = []
    async function* stream(error?: Error) {
      yield Buffer.from('x')
      during = await readdir(root)
      if (error !== undefined) throw error
    }
    await store.put('good', stream())
    expect(during).toEqual([expect.stringMatching(/^#kbackup-/)])
    await expect(store.put('bad', stream(new Error('broken')))).rejects.toThrow('broken')
    expect(await readdir(root)).toEqual(['good'])
  })
})

describe('removeStaleTemporaryFiles', () => {
  it('removes old files of processes that are gone, in every folder, and tells them', async () => {
    const gone = await plant(`a/b/#kbackup-${THIS_HOST}-${NO_PROCESS}-0123456789abcdef`, 48 * HOUR_MS)
    const elsewhere = await plant(`#kbackup-ffffffff-${process.pid}-0123456789abcdef`, 48 * HOUR_MS)
    const removed = await removeStaleTemporaryFiles({ directory: root })
    expect([...removed].sort()).toEqual([gone, elsewhere].sort())
    expect(await readdir(root)).toEqual(['a'])
    expect(await readdir(join(root, 'a/b'))).toEqual([])
  })

  it('leaves files of live processes, young files, objects, and what only looks similar', async () => {
    await plant(temporaryName(), 48 * HOUR_MS)
    await plant(`#kbackup-${THIS_HOST}-${NO_PROCESS}-0123456789abcdef`, HOUR_MS)
    await plant('object', 48 * HOUR_MS)
    await plant('#kbackup-notes.txt', 48 * HOUR_MS)
    expect(await removeStaleTemporaryFiles({ directory: root })).toEqual([])
    expect(await readdir(root)).toHaveLength(4)
  })

  it('takes the age from its caller', async () => {
    await plant(`#kbackup-${THIS_HOST}-${NO_PROCESS}-0123456789abcdef`, HOUR_MS)
    expect(await removeStaleTemporaryFiles({ directory: root, olderThanMs: HOUR_MS / 2 })).toHaveLength(1)
  })

  it('rejects with the reason of an aborted signal and removes nothing', async () => {
    await plant(`#kbackup-${THIS_HOST}-${NO_PROCESS}-0123456789abcdef`, 48 * HOUR_MS)
    const signal = AbortSignal.abort('enough')
    await expect(removeStaleTemporaryFiles({ directory: root, signal })).rejects.toBe('enough')
    expect(await readdir(root)).toHaveLength(1)
  })
})

describe('a listing', () => {
  it('of a folder of 20,000 objects is complete and sorted', async () => {
    await mkdir(join(root, 'many'))
    const names = Array.from({ length: 20_000 }, (_, index) => `many/${(index * 7_919) % 20_000}`)
    for (let start = 0; start < names.length; start += 500) {
      await Promise.all(names.slice(start, start + 500).map((name) => writeFile(join(root, name), '')))
    }
    expect(await keys('many/')).toEqual([...names].sort())
  })

  it.runIf(process.platform === 'linux')('holds no file handle while its reader thinks', async () => {
    for (const key of ['a/b/1', 'a/b/2', 'a/c/3']) await store.put(key, Buffer.from('x'))
    const openBelowRoot = (): number => handles().filter((path) => path.startsWith(root)).length
    for await (const { key } of store.list('')) expect([key, openBelowRoot()]).toEqual([key, 0])
  })
})

function handles(): readonly string[] {
  return readdirSync('/proc/self/fd').map((fd) => linkOf(`/proc/self/fd/${fd}`))
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

describe('an unfinished upload', () => {
  const left = `#kbackup-${THIS_HOST}-${NO_PROCESS}-0123456789abcdef`

  async function unfinished(prefix: string) {
    const found: UnfinishedUpload[] = []
    for await (const upload of store.unfinishedUploads?.list(prefix) ?? []) found.push(upload)
    return found
  }

  it('is the temporary file of a process that is gone, below the prefix, with its size and age', async () => {
    await plant(`a/b/${left}`, HOUR_MS)
    await plant(`a/b/${temporaryName()}`, HOUR_MS)
    await plant(`other/${left}`, 0)
    await store.put('a/b/object', Buffer.from('x'))
    const [found, ...more] = await unfinished('a/')
    expect(more).toEqual([])
    expect(found).toMatchObject({ key: `a/b/${left}`, id: `a/b/${left}`, bytes: 4 })
    expect(Date.now() - (found?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(HOUR_MS)
    expect(await unfinished('')).toHaveLength(2)
    expect(await unfinished('missing/')).toEqual([])
  })

  it('is discarded, once or twice, and nothing else is', async () => {
    await plant(`a/${left}`, 0)
    await plant(`outside/${left}`, 0)
    await store.put('a/object', Buffer.from('x'))
    const inner = fs({ directory: join(root, 'a') }).unfinishedUploads
    const upload = { key: '', startedAtMs: 0, bytes: 0 }
    await expect(inner?.discard({ ...upload, id: `../outside/${left}` })).rejects.toMatchObject({
      code: 'KB_BLOB_KEY_INVALID',
    })
    for (const id of [left, left, 'object', `missing/${left}`]) await inner?.discard({ ...upload, id })
    expect(await readdir(join(root, 'a'))).toEqual(['object'])
    expect(await readdir(join(root, 'outside'))).toEqual([left])
  })
})

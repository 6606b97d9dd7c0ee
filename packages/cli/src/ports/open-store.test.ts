import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from './open-store.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kbackup-store-'))
})

afterEach(() => rm(directory, { recursive: true }))

describe('the store of a place', () => {
  it.each([
    ['max_upload_bytes_per_second', { maxUploadBytesPerSecond: 1 }],
    ['max_download_bytes_per_second', { maxDownloadBytesPerSecond: 1 }],
  ])('makes bytes wait as %s says', async (_key, bandwidth) => {
    const store = await openStore({ backend: 'filesystem', directory, ...bandwidth })
    await store.put('first', Buffer.alloc(100))
    const limited = 'maxUploadBytesPerSecond' in bandwidth
    const move = (signal?: AbortSignal) =>
      limited
        ? store.put('second', Buffer.alloc(1), { signal })
        : store.get('first', { range: { start: 0, end: 100 }, signal })
    // A range of a limited download takes up its time from when it is asked for.
    if (!limited) await move()
    await expect(move(AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await store.head('second')).toBeUndefined()
  })

  it.each([
    [{ backend: 's3', bucket: 'box', region: 'eu-west-1' } as const, 's3://box'],
    [{ backend: 'gcs', bucket: 'box' } as const, 'gs://box'],
    [{ backend: 'azure', account: 'accountname', container: 'box' } as const, 'az://accountname/box'],
  ])('is that of the backend %j', async (location, name) => {
    expect((await openStore(location)).name).toBe(name)
  })
})

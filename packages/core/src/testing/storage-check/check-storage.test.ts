import { describe, expect, it } from 'vitest'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { UnfinishedUploads } from '../../storage/unfinished-uploads.ts'
import { MemoryBlobStore } from '../memory-blob-store.ts'
import { checkStorage } from './check-storage.ts'

/** Shows nobody its unfinished uploads. */
class BlindStore extends MemoryBlobStore {
  readonly unfinishedUploads: UnfinishedUploads = {
    // biome-ignore lint/correctness/useYield: it fails before it gives anything
    list: async function* () {
      throw new KbackupError('KB_STORE_FORBIDDEN', { message: 'uploads are not shown' })
    },
    discard: async () => undefined,
  }
}

describe('checkStorage', () => {
  it.each(['', '/', 'payments/', 'payments', 'payments/topics/'])(
    'removes nothing that it has not written: folder %j',
    async (folder) => {
      const store = new MemoryBlobStore()
      const keys = ['payments/archive.json', 'payments/topics/a']
      for (const key of keys) await store.put(key, Buffer.from('x'))
      const code = expect.stringMatching(/^KB_(CONFIG_INVALID|BLOB_KEY_INVALID)$/)
      await expect(checkStorage(store, { folder, rounds: 1 })).rejects.toMatchObject({ code })
      expect(store.keys()).toEqual(keys)
    },
  )

  it('looks at a store below a folder that is named', async () => {
    const store = new MemoryBlobStore()
    await store.put('checks-of-others', Buffer.from('x'))
    expect(await checkStorage(store, { folder: 'checks/', rounds: 2 })).toMatchObject({ fit: true, leftKeys: [] })
    expect(store.keys()).toEqual(['checks-of-others'])
  })

  it('removes its objects also where unfinished uploads may not be seen', async () => {
    const store = new BlindStore()
    const report = await checkStorage(store, { rounds: 1 })
    expect(report.rights).toContainEqual(
      expect.objectContaining({ call: 'list unfinished uploads', outcome: 'forbidden' }),
    )
    expect(report).toMatchObject({ fit: false, leftKeys: [] })
    expect(store.keys()).toEqual([])
  })

  it('refuses to let writers race never, which would keep every promise', async () => {
    const refused = { code: 'KB_CONFIG_INVALID', message: expect.stringContaining('rounds is 0') }
    await expect(checkStorage(new MemoryBlobStore(), { rounds: 0 })).rejects.toMatchObject(refused)
  })
})

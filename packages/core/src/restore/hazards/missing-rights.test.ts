import { describe, expect, test } from 'vitest'
import { KbackupError } from '../../errors/kbackup-error.ts'
import { FaultBlobStore } from '../../testing/fault-blob-store.ts'
import type { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { createRestore } from '../create-restore.ts'
import { recent, restoreInto, scene } from '../testing/hazard-scene.ts'

describe('KB_HAZARD_RIGHTS', () => {
  /** A store into which nothing can be written below some prefixes. */
  function readOnly(inner: MemoryBlobStore, prefixes: readonly string[]): FaultBlobStore {
    const error = new KbackupError('KB_STORE_FORBIDDEN', { message: 'access denied' })
    return new FaultBlobStore(inner, {
      schedule: ({ operation, key }) =>
        operation === 'put' && prefixes.some((prefix) => key.startsWith(prefix))
          ? { kind: 'fail-before', error }
          : undefined,
    })
  }

  test('blocks an archive that cannot be written to, where the restore keeps its journal; a run says why too', async () => {
    const { storage, target } = await scene(recent)
    const restore = createRestore({ storage: readOnly(storage, ['b/']), backupId: 'b', target })
    expect((await restore.plan()).blockers).toMatchObject([{ code: 'KB_HAZARD_RIGHTS' }])
    await expect(restore.run()).rejects.toMatchObject({
      code: 'KB_STORE_FORBIDDEN',
      hint: expect.stringContaining('restores/'),
    })
    expect(await target.describeTopics('all')).toEqual([])
  })

  test('is found out without writing anything, before the first restore and after it', async () => {
    const at = await scene(recent)
    const log = new FaultBlobStore(at.storage)
    for (const isFirst of [true, false]) {
      const before = at.storage.keys()
      expect(
        (await restoreInto({ ...at, storage: at.storage }, { storage: log, existingTopics: 'purge' }).plan()).blockers,
      ).toEqual([])
      expect(at.storage.keys()).toEqual(before)
      if (isFirst) await restoreInto(at).run()
    }
  })

  test.each(['b/restores/', 'b/restores/_claims/', 'b/pins/'])(
    'blocks where the store knows that nothing can be created below %s, after a first restore too',
    async (refused) => {
      const at = await scene(recent)
      await restoreInto(at).run()
      const storage = Object.assign(at.storage, { mayCreate: async (key: string) => !key.startsWith(refused) })
      const plan = await restoreInto({ ...at, storage }, { existingTopics: 'purge' }).plan()
      expect(plan.blockers.map(({ code }) => code)).toEqual(['KB_HAZARD_RIGHTS'])
    },
  )

  test('does not block who may create below restores/ and pins/ only', async () => {
    const { storage, target } = await scene(recent)
    const reader = readOnly(storage, ['b/archive.json', 'b/commits/', 'b/topics/', 'b/bundles/', 'b/snapshots/'])
    const restore = createRestore({ storage: reader, backupId: 'b', target })
    expect((await restore.plan()).blockers).toEqual([])
    expect((await restore.run()).records).toBe(1)
  })
})

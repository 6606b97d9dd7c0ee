import { expect, it } from 'vitest'
import { impatientEnvironment } from '../backup/testing/backup-fixture.ts'
import { createRestore } from '../restore/create-restore.ts'
import { createOffsetReset } from './create-offset-reset.ts'
import { BACKUP_ID, RESTORE_ID, resetScenario } from './testing/reset-scenario.ts'

it('names the closest restore beside the five newest, and how many are older, where none fits', async () => {
  const { store, target } = await resetScenario()
  const place = { storage: store, backupId: BACKUP_ID, target, environment: impatientEnvironment }
  for (const number of [2, 3, 4, 5, 6, 7, 8]) {
    const rename = { orders: `other-${number}` }
    // A different moment each, so that their order is certain.
    const environment = { ...impatientEnvironment, nowMs: () => Date.now() + number * 60_000 }
    await createRestore({ ...place, environment, rename, newRestoreId: `r${number}` }).run()
  }
  const restored = { rename: { orders: 'restored' }, partitions: [0] }
  await expect(createOffsetReset({ ...place, restored }).plan()).rejects.toMatchObject({
    code: 'KB_USAGE',
    message: expect.stringContaining(`restore ${RESTORE_ID}: `),
    hint: expect.stringContaining('restoreId (r8, r7, r6, r5, r4, r1 and 2 older)'),
    details: { unfinished: null },
  })
})

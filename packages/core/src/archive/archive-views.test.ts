import { describe, expect, it } from 'vitest'
import type { KbackupError } from '../errors/kbackup-error.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { openArchive } from './open-archive.ts'
import { faulty, openWriter, startedArchive } from './testing/archive-fixture.ts'
import { appendTo, BACKUP_ID } from './testing/commit-fixture.ts'

const COMMIT_2 = `${BACKUP_ID}/commits/00000000000000000002.json`

describe('snapshots and the manifest', () => {
  it('are brought along, so that opening reads a snapshot and the few commits after it', async () => {
    const store = await startedArchive()
    const writer = await openWriter(store, { snapshotEveryCommits: 3 })
    for (let round = 0; round < 9; round++) await writer.commit(appendTo(writer.state, [0], { tag: String(round) }))
    expect(store.keys(`${BACKUP_ID}/snapshots/`).length).toBeGreaterThanOrEqual(2)
    const counted = new FaultBlobStore(store)
    const view = await openArchive(counted, BACKUP_ID)
    expect(view.state).toEqual(writer.state)
    expect(counted.log.some(({ key }) => key === COMMIT_2)).toBe(false)
  })

  it('never make a commit fail', async () => {
    const store = await startedArchive()
    const failing = faulty(
      store,
      { operation: 'put', key: 'manifest.json', times: 99, fault: { kind: 'fail-before' } },
      { operation: 'put', key: 'snapshots/', times: 99, fault: { kind: 'fail-before' } },
    )
    const warnings: KbackupError[] = []
    const writer = await openWriter(failing, {
      snapshotEveryCommits: 1,
      onWarning: (warning) => warnings.push(warning),
    })
    await writer.commit(appendTo(writer.state, [0]))
    expect(warnings.map(({ details }) => details.key)).toEqual([
      `${BACKUP_ID}/snapshots/00000000000000000002.json`,
      `${BACKUP_ID}/manifest.json`,
    ])
  })

  it('show the manifest in the shape that people know, with numbers as numbers', async () => {
    const store = await startedArchive(1)
    const writer = await openWriter(store)
    await writer.commit(appendTo(writer.state, [0]))
    const manifest: unknown = JSON.parse((await store.get(`${BACKUP_ID}/manifest.json`)).toString())
    expect(manifest).toMatchObject({
      backup_id: BACKUP_ID,
      commit: writer.state.head,
      topics: {
        orders: {
          partitions: {
            '0': {
              segment_files: [
                {
                  file: 'topics/orders/partition=0/segment-0-.zst',
                  start_offset: 0,
                  end_offset: 9,
                  start_timestamp: 0,
                  end_timestamp: 10,
                  record_count: 10,
                },
              ],
            },
          },
        },
      },
    })
  })
})

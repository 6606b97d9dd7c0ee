import { describe, expect, it } from 'vitest'
import { impatientEnvironment } from '../../backup/testing/backup-fixture.ts'
import type { RestoreEvent } from '../../events/run-event.ts'
import type { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import type { RestoreOptions } from '../restore-options.ts'
import { recordsAt } from '../testing/restored-state.ts'
import { PARTITION_COUNT, RECORD_COUNT, TwoTopics, timeOf } from '../testing/two-topics.ts'
import type { CheckpointFile } from './checkpoint-options.ts'

/** A file in memory, with all that was ever in it. */
class MemoryFile implements CheckpointFile {
  readonly name = '/var/lib/restore.json'
  readonly written: string[] = []

  constructor(text?: string) {
    if (text !== undefined) this.written.push(text)
  }

  get checkpoints() {
    return this.written.map((text) => JSON.parse(text))
  }

  async read(): Promise<string | undefined> {
    return this.written.at(-1)
  }

  async replace(text: string): Promise<void> {
    this.written.push(text)
  }
}

const ALL = PARTITION_COUNT * RECORD_COUNT

function restore(at: TwoTopics, file: CheckpointFile, options: Partial<RestoreOptions> = {}) {
  const checkpoint = { file, intervalMs: 1 }
  const environment = impatientEnvironment
  return at.restore({ topics: ['orders'], maxConcurrentPartitions: 1, checkpoint, environment, ...options })
}

/** Lets so many calls of produce through, each of which stands in the target; the one after them kills. */
function killAfter(target: MemoryKafkaCluster, calls: number): () => void {
  const { produce } = target
  let left = calls
  target.produce = (...args) => (left-- > 0 ? produce.apply(target, args) : Promise.reject(new Error('killed')))
  return () => {
    target.produce = produce
  }
}

describe('the checkpoint file of a restore', () => {
  it('has at the end the shape that the guides show, with everything restored', async () => {
    const at = await TwoTopics.backedUp()
    const file = new MemoryFile()
    const { restoreId, startedAtMs } = await restore(at, file).run()
    const [first, last] = [file.checkpoints[0], file.checkpoints.at(-1)]
    expect(Object.keys(last)).toEqual([
      'backup_id',
      'restore_id',
      'start_time',
      'last_checkpoint_time',
      'segments_completed',
      'segments_in_progress',
      'records_restored',
      'bytes_restored',
      'config_hash',
    ])
    expect(first).toMatchObject({ segments_completed: [], segments_in_progress: [], records_restored: 0 })
    expect(last).toMatchObject({
      backup_id: 'b',
      restore_id: restoreId,
      start_time: Number(startedAtMs),
      segments_in_progress: [],
      records_restored: ALL,
      config_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(last.segments_completed.length).toBeGreaterThan(0)
    for (const key of last.segments_completed) expect(at.storage.keys()).toContain(key)
    expect(last.bytes_restored).toBeGreaterThan(0)
  })

  it('is written before the first record, and again while the restore runs', async () => {
    const at = await TwoTopics.backedUp()
    const file = new MemoryFile()
    const { produce } = at.target
    const seen: number[] = []
    at.target.produce = async (...args) => {
      // Real time passes only here, so that the file is written between any two batches.
      while (file.written.length <= seen.length) await new Promise((resolve) => setTimeout(resolve, 1))
      seen.push(file.written.length)
      return produce.apply(at.target, args)
    }
    await restore(at, file).run()
    expect(seen[0]).toBeGreaterThan(0)
    const records = file.checkpoints.map((checkpoint) => checkpoint.records_restored)
    expect(records).toEqual([...records].sort((left, right) => left - right))
    expect(records.at(-1)).toBe(ALL)
  })

  it('says after a failure what stands in the target, and the restore that goes on ends with everything in it', async () => {
    const at = await TwoTopics.backedUp()
    const file = new MemoryFile()
    const repair = killAfter(at.target, 1)
    await expect(restore(at, file).run()).rejects.toThrow('killed')
    const standing = (
      await Promise.all([0, 1, 2].map((partition) => recordsAt(at.target, { topic: 'orders', partition })))
    )
      .map(({ length }) => length)
      .reduce((sum, count) => sum + count, 0)
    expect(standing).toBeGreaterThan(0)
    const cut = file.checkpoints.at(-1)
    expect(cut.records_restored).toBe(standing)
    repair()
    const events: RestoreEvent[] = []
    const { restoreId } = await restore(at, file).run({ onEvent: (event) => events.push(event) })
    expect(restoreId).toBe(cut.restore_id)
    expect(file.checkpoints.at(-1)).toMatchObject({ restore_id: restoreId, records_restored: ALL })
    expect(events).toContainEqual(expect.objectContaining({ type: 'checkpoint-load' }))
  })

  it('of a restore with another configuration is refused, with the difference, planned or run, and not overwritten', async () => {
    const at = await TwoTopics.backedUp()
    const file = new MemoryFile()
    const { restoreId } = await restore(at, file).run()
    const before = file.written.length
    const other = restore(at, file, { window: { end: timeOf(3) } })
    for (const call of [() => other.plan(), () => other.run()]) {
      await expect(call()).rejects.toMatchObject({
        code: 'KB_RESTORE_MISMATCH',
        message: expect.stringContaining(
          `/var/lib/restore.json belongs to another restore, ${restoreId} of b: it was begun for`,
        ),
      })
    }
    expect(file.written.length).toBe(before)
  })

  it.each(['', 'notes', '[]', '{"backup_id":"b"}'])(
    'that holds %j is somebody else’s, and is left alone',
    async (text) => {
      const at = await TwoTopics.backedUp()
      const file = new MemoryFile(text)
      await expect(restore(at, file).run()).rejects.toMatchObject({ code: 'KB_RESTORE_MISMATCH' })
      expect(file.written).toEqual([text])
    },
  )

  it('of a restore that has ended is taken over by the next one with the same configuration', async () => {
    const at = await TwoTopics.backedUp()
    const file = new MemoryFile()
    await restore(at, file).run()
    const { restoreId } = await restore(at, file, { existingTopics: 'purge' }).run()
    expect(file.checkpoints.at(-1)).toMatchObject({ restore_id: restoreId, records_restored: ALL })
  })

  it('that cannot be written at the beginning ends the restore before its first record, later it is only told', async () => {
    const at = await TwoTopics.backedUp()
    const full = new MemoryFile()
    full.replace = () => Promise.reject(new Error('no space left'))
    await expect(restore(at, full).run()).rejects.toThrow('no space left')
    expect(await recordsAt(at.target, { topic: 'orders', partition: 0 })).toEqual([])
    const file = new MemoryFile()
    file.replace = async (text) => {
      if (file.written.length > 0) throw new Error('no space left')
      file.written.push(text)
    }
    const events: RestoreEvent[] = []
    const { records } = await restore(at, file).run({ onEvent: (event) => events.push(event) })
    expect(records).toBe(ALL)
    expect(events).toContainEqual({
      type: 'note',
      message: 'the checkpoint file /var/lib/restore.json could not be written: no space left',
    })
  })

  it('counts an object as restored when all of its records are, wherever they go by their keys', async () => {
    const at = await TwoTopics.backedUp()
    const file = new MemoryFile()
    await restore(at, file, { repartition: { partitionCount: 2 } }).run()
    expect(file.checkpoints.at(-1)).toMatchObject({ segments_in_progress: [], records_restored: ALL })
  })

  it('is written at whole milliseconds above 0 only', async () => {
    const at = await TwoTopics.backedUp()
    const checkpoint = { file: new MemoryFile(), intervalMs: 0 }
    expect(() => at.restore({ checkpoint })).toThrow('checkpoint.intervalMs is 0')
  })
})

import { describe, expect, it, test } from 'vitest'
import { openArchive } from '../access/archive.ts'
import { createBackup } from '../backup/create-backup.ts'
import type { KbackupError } from '../errors/kbackup-error.ts'
import { createRestore } from '../restore/create-restore.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'

const storage = new MemoryBlobStore()
const cluster = new MemoryKafkaCluster()
const restoring = { storage, backupId: 'b', target: cluster }
const backingUp = { storage, backupId: 'b', source: cluster, topics: ['orders'] }

/** Options as JavaScript gives them: the compiler sees only that they are an object. */
function untyped<Options extends object>(options: Options, slip: object): Options {
  return Object.assign({ ...options }, slip)
}

function refusal(perform: () => unknown): KbackupError {
  let refused: unknown
  try {
    perform()
  } catch (error) {
    refused = error
  }
  expect(refused).toMatchObject({ code: 'KB_CONFIG_INVALID' })
  return refused as KbackupError
}

describe('createRestore refuses', () => {
  it.each<[object, string, string]>([
    [
      { existingTopics: 'apend' },
      "existingTopics is 'apend'",
      'did you mean append? give one of fail, append, only-missing, purge, recreate',
    ],
    [{ windw: {} }, 'windw is not a known option', 'did you mean window?'],
    [{ window: { ends: 1 } }, 'window.ends is not a known option', 'did you mean end? known here are start, end'],
    [{ window: '2026-11-20T14:29:00Z' }, 'window is a text', 'give an object { start, end }'],
    [{ guards: { groupActive: 'skip' } }, 'guards.groupActive is not a known option', 'did you mean groupsActive?'],
    [{ guards: { groupsActive: 'skp' } }, "guards.groupsActive is 'skp'", 'did you mean skip? give one of skip, wait'],
    [{ topic: ['a'] }, 'topic is not a known option', 'did you mean topics?'],
    [{ topics: 'a' }, 'topics is a text', 'give a list of topics, or an object { include, exclude }'],
    [{ topics: { includes: ['a'] } }, 'topics.includes is not a known option', 'did you mean include?'],
    [{ topics: { exclude: ['a'] } }, 'topics.include is missing', 'give a list of topics'],
    [{ topics: [{ name: 'a', windw: {} }] }, 'topics.0.windw is not a known option', 'did you mean window?'],
    [{ groups: 'al' }, "groups is 'al'", 'did you mean all?'],
    [{ partitions: ['0'] }, 'partitions is a list', 'give a list of numbers'],
    [{ rename: { a: 1 } }, 'rename is an object', 'give an object { source: target }, or a function'],
    [{ startNew: 'no' }, 'startNew is a text', 'give true or false'],
    [{ existingTopics: null }, 'existingTopics is null', 'give one of fail'],
    [{ target: undefined }, 'target is missing', 'kafka({'],
    [{ target: storage }, 'target is an object', 'give a cluster'],
    [{ commit: { sequence: 3 } }, 'commit.sha256 is missing', 'give a text'],
    [{ maxMemoryBytes: '64' }, 'maxMemoryBytes is a text', 'give a number'],
    [{ maxMemoryBytes: Number.NaN }, 'maxMemoryBytes is NaN', 'give a number'],
  ])('%j', (slip, message, hint) => {
    const refused = refusal(() => createRestore(untyped(restoring, slip)))
    expect(refused.message).toBe(`createRestore: ${message}`)
    expect(refused.hint).toContain(hint)
  })
})

describe('createBackup refuses', () => {
  it.each<[object, string, string]>([
    [{ topic: ['a'] }, 'topic is not a known option', 'did you mean topics?'],
    [{ topics: undefined }, 'topics is missing', 'give a list of topics'],
    [{ compression: 'zst' }, "compression is 'zst'", 'did you mean zstd?'],
    [{ consumerGroups: true }, 'consumerGroups is true', 'give one of all, or false, or a list of texts'],
    [{ source: Promise.resolve(cluster) }, 'source is an object', 'give a cluster'],
  ])('%j', (slip, message, hint) => {
    const refused = refusal(() => createBackup(untyped(backingUp, slip)))
    expect(refused.message).toBe(`createBackup: ${message}`)
    expect(refused.hint).toContain(hint)
  })
})

test('plans, runs and archives refuse what they do not know', async () => {
  const invalid = (message: string) => ({ code: 'KB_CONFIG_INVALID', message })
  const [backup, restore] = [createBackup(backingUp), createRestore(restoring)]
  await expect(backup.run(untyped({}, { onEvents: () => {} }))).rejects.toMatchObject(
    invalid('run: onEvents is not a known option'),
  )
  await expect(backup.plan(untyped({}, { signal: 5 }))).rejects.toMatchObject(invalid('plan: signal is 5'))
  await expect(restore.run(untyped({}, { plans: {} }))).rejects.toMatchObject(
    invalid('run: plans is not a known option'),
  )
  await expect(restore.plan(untyped({}, { sginal: 1 }))).rejects.toMatchObject(
    invalid('plan: sginal is not a known option'),
  )
  await expect(openArchive(storage, 'b', untyped({}, { comit: 1 }))).rejects.toMatchObject(
    invalid('openArchive: comit is not a known option'),
  )
})

test('options that are left out, or undefined, are no slip', () => {
  createRestore({ ...restoring, window: undefined, guards: {}, groups: 'all', commit: 3, rename: { a: 'b' } })
  createBackup({ ...backingUp, consumerGroups: false, topics: { include: ['*'], exclude: undefined } })
})

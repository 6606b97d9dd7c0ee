import { KbackupError } from '../../../errors/kbackup-error.ts'
import type { LineageState } from '../../archive-state.ts'
import { type ArchiveWriter, openArchiveWriter } from '../../archive-writer.ts'
import type { CommitDraft, SectionEntry } from '../../commit.ts'
import { deleteDropped, liveKeys, removeObjects } from '../../delete-dropped.ts'
import { BACKUP_ID, dropping, EMPTY_DRAFT, sectionAt } from '../commit-fixture.ts'
import type { SimulatedProcess } from './simulated-process.ts'

const ROUNDS = 3

interface Cleaning {
  readonly process: SimulatedProcess
  readonly archive: ArchiveWriter
  readonly watched: Pick<ArchiveWriter, 'commit' | 'state'>
}

/** Takes objects out of the archive: those that nobody names, the oldest, and small ones for which it puts a large one. */
export async function cleanerLife(process: SimulatedProcess): Promise<void> {
  const { store, environment, name, witness, turns } = process
  const options = { createIfMissing: false, writerId: name, environment, snapshotEveryCommits: 4 }
  const archive = await openArchiveWriter(store, BACKUP_ID, options)
  const cleaning = { process, archive, watched: witness.watch(archive) }
  await deleteLeftovers(cleaning)
  for (let round = 0; round < ROUNDS; round++) {
    await turns.waitFor(process.owner, turns.below(30))
    await orFenced(() => turns.pick([removeStrays, expire, merge, merge])?.(cleaning))
  }
}

async function orFenced(work: () => Promise<void> | undefined): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!KbackupError.is(error, 'KB_ARCHIVE_FENCED')) throw error
  }
}

/** What a former life has dropped and had no time to delete, or what pins kept until now. */
async function deleteLeftovers({ process: { store }, archive }: Cleaning): Promise<void> {
  const keys = await listedKeys(store)
  await deleteDropped({ store, backupId: BACKUP_ID, state: archive.state, keys })
}

/** On purpose also while their writers are about to commit them. */
async function removeStrays(cleaning: Cleaning): Promise<void> {
  const { process, archive } = cleaning
  const live = liveKeys(archive.state)
  const listed = await listedKeys(process.store)
  const drops = listed.filter((key) => !live.has(key) && !archive.state.dropped.has(key))
  if (drops.length > 0) await remove(cleaning, { ...EMPTY_DRAFT, drops })
}

async function expire(cleaning: Cleaning): Promise<void> {
  const lineage = cleaning.process.turns.pick(lineagesOf(cleaning))
  const oldest = lineage?.sections[0]
  if (oldest !== undefined) await remove(cleaning, dropping([oldest.key]))
}

async function merge(cleaning: Cleaning): Promise<void> {
  const { process, archive } = cleaning
  const lineage = process.turns.pick(lineagesOf(cleaning).filter((one) => neighbours(one) !== undefined))
  const pair = lineage && neighbours(lineage)
  if (lineage === undefined || pair === undefined) return
  const [first, second] = pair
  const bodies = await Promise.all(pair.map(({ key }) => readOrNothing(process, key)))
  if (bodies.includes(undefined)) return
  const key = archive.segmentKey(lineage, first.startOffset, 'zstd')
  await process.store.put(key, Buffer.from(bodies.join(',')), { ifAbsent: true })
  const merged = sectionAt(lineage, [first.startOffset, second.nextOffset], key)
  await remove(
    cleaning,
    dropping(
      pair.map((one) => one.key),
      [merged],
    ),
  )
}

/** Another cleaner may have merged it meanwhile. */
async function readOrNothing({ store }: SimulatedProcess, key: string): Promise<string | undefined> {
  try {
    return (await store.get(key)).toString()
  } catch (error) {
    if (KbackupError.is(error, 'KB_BLOB_NOT_FOUND')) return undefined
    throw error
  }
}

function neighbours({ sections }: LineageState): readonly [SectionEntry, SectionEntry] | undefined {
  for (const [index, second] of sections.entries()) {
    const first = sections[index - 1]
    if (first !== undefined && first.nextOffset === second.startOffset) return [first, second]
  }
  return undefined
}

function lineagesOf({ archive }: Cleaning): readonly LineageState[] {
  return [...archive.state.topics.values()].flatMap(({ partitions }) => partitions.flatMap(({ lineages }) => lineages))
}

async function remove({ process: { store }, watched }: Cleaning, draft: CommitDraft): Promise<void> {
  await removeObjects({ store, backupId: BACKUP_ID, archive: watched, draft })
}

async function listedKeys(store: SimulatedProcess['store']): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(`${BACKUP_ID}/topics/`)) keys.push(key)
  return keys
}

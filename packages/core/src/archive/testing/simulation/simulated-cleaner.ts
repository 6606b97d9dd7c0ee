import { type CleanedArchive, runCleanup } from '../../../cleanup/cleanup-run.ts'
import { cleanupSettings } from '../../../cleanup/cleanup-settings.ts'
import { sectionPrefixes } from '../../../cleanup/section-object.ts'
import { KbackupError } from '../../../errors/kbackup-error.ts'
import type { LineageState } from '../../archive-state.ts'
import { type ArchiveWriter, openArchiveWriter } from '../../archive-writer.ts'
import type { CommitDraft, SectionEntry } from '../../commit.ts'
import { liveKeys, removeObjects } from '../../delete-dropped.ts'
import { BACKUP_ID, dropping, EMPTY_DRAFT } from '../commit-fixture.ts'
import { readSectionBytes, type SimulatedProcess, simulatedSection } from './simulated-process.ts'

const ROUNDS = 6

interface Cleaning {
  readonly process: SimulatedProcess
  readonly archive: ArchiveWriter
  readonly watched: CleanedArchive
}

/** Takes objects out of the archive: those that nobody names, the oldest, and small ones for which it puts a large one. */
export async function cleanerLife(process: SimulatedProcess): Promise<void> {
  const { store, environment, name, witness, turns } = process
  const options = { createIfMissing: false, writerId: name, environment, snapshotEveryCommits: 4 }
  const archive = await openArchiveWriter(store, BACKUP_ID, options)
  const cleaning: Cleaning = { process, archive, watched: witness.watch(archive) }
  await cleanUp(cleaning)
  for (let round = 0; round < ROUNDS; round++) {
    await turns.waitFor(process.owner, turns.below(30))
    await orFenced(() => turns.pick([cleanUp, removeStrays, expire, merge, merge])?.(cleaning))
  }
}

async function orFenced(work: () => Promise<unknown> | undefined): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!KbackupError.is(error, 'KB_ARCHIVE_FENCED')) throw error
  }
}

/** The cleanup that is shipped, with nothing spared as young. */
async function cleanUp({ process: { store, environment }, watched }: Cleaning): Promise<void> {
  const settings = cleanupSettings({ storage: store, backupId: BACKUP_ID, olderThanMs: 0, environment })
  await runCleanup({ settings, archive: watched, bareStorage: store })
}

/** A hasty cleanup, which does not look again before it drops: it meets objects right before their writers commit them. */
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
  if (oldest !== undefined) await replace(cleaning, [oldest.key], (section) => section === oldest)
}

async function merge(cleaning: Cleaning): Promise<void> {
  const lineage = cleaning.process.turns.pick(lineagesOf(cleaning).filter((one) => neighbours(one) !== undefined))
  const pair = lineage && neighbours(lineage)
  if (pair === undefined) return
  const keys = new Set(pair.map(({ key }) => key))
  await replace(cleaning, [...keys], () => false)
}

/** Takes objects out; of what stays of their sections it makes segments, one of those that touch. */
async function replace(
  cleaning: Cleaning,
  keys: readonly string[],
  isGone: (section: SectionEntry) => boolean,
): Promise<void> {
  const { process, archive } = cleaning
  const sections: SectionEntry[] = []
  for (const lineage of lineagesOf(cleaning)) {
    const staying = lineage.sections.filter((section) => keys.includes(section.key) && !isGone(section))
    for (const run of adjacentRuns(staying)) {
      const bodies = await Promise.all(run.map((section) => readOrNothing(process, section)))
      const branches = bodies.flatMap((body) => body ?? [])
      if (bodies.includes(undefined)) return
      const { bytes, sealed } = simulatedSection(lineage, run[0]?.startOffset ?? 0n, branches)
      const key = archive.segmentKey(lineage, sealed.startOffset, 'zstd')
      await process.store.put(key, bytes, { ifAbsent: true })
      sections.push({ key, ...sealed })
    }
  }
  await remove(cleaning, dropping(keys, sections))
}

/** Another cleaner may have replaced it meanwhile. */
async function readOrNothing(
  { store }: SimulatedProcess,
  section: SectionEntry,
): Promise<readonly number[] | undefined> {
  try {
    return readSectionBytes(await store.get(section.key), section)
  } catch (error) {
    if (KbackupError.is(error, 'KB_BLOB_NOT_FOUND')) return undefined
    throw error
  }
}

function adjacentRuns(sections: readonly SectionEntry[]): readonly (readonly SectionEntry[])[] {
  const runs: SectionEntry[][] = []
  for (const section of sections) {
    const run = runs.at(-1)
    if (run?.at(-1)?.nextOffset === section.startOffset) run.push(section)
    else runs.push([section])
  }
  return runs
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
  for (const prefix of sectionPrefixes(BACKUP_ID)) {
    for await (const { key } of store.list(prefix)) keys.push(key)
  }
  return keys
}

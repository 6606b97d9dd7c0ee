import { partitionName } from '../../../kafka/topic-partition.ts'
import type { MemoryBlobStore } from '../../../testing/memory-blob-store.ts'
import { ArchiveFold, type ReadCommit } from '../../archive-fold.ts'
import { archiveInfoKey } from '../../archive-keys.ts'
import type { ArchiveState, LineageState } from '../../archive-state.ts'
import type { Commit, SectionEntry } from '../../commit.ts'
import { CommitLog } from '../../commit-log.ts'
import { openArchive } from '../../open-archive.ts'
import { writeSnapshot } from '../../snapshot.ts'
import { BACKUP_ID } from '../commit-fixture.ts'
import { readSectionBytes } from './simulated-process.ts'
import type { SimulatedSource } from './simulated-source.ts'
import { isStrange } from './stranger.ts'
import type { Turns } from './turns.ts'
import type { Acknowledged, Attempt, Deletion, Fenced, Witness } from './witness.ts'

/** What is left of a run when everybody is done and the network is quiet. */
export interface Remains {
  readonly store: MemoryBlobStore
  readonly source: SimulatedSource
  readonly witness: Witness
  readonly turns: Turns
}

/** Holds what is left to everything that anybody was told. */
export async function finalFaults(remains: Remains): Promise<readonly string[]> {
  if (!remains.store.keys().includes(archiveInfoKey(BACKUP_ID))) return []
  try {
    return await archiveFaults(remains)
  } catch (error) {
    return [`in the end the archive cannot be opened: ${error}`]
  }
}

async function archiveFaults({ store, source, witness }: Remains): Promise<readonly string[]> {
  const { state, warnings } = await openArchive(store, BACKUP_ID)
  const commits = await readAll(store)
  const ours = commits.map(({ commit }) => commit).filter((commit) => !isStrange(commit))
  const lineages = lineagesOf(state)
  return [
    ...warnings.map(String),
    ...foldFaults(state, commits),
    ...(await objectFaults(store, source, lineages)),
    ...twiceFaults(ours),
    ...witness.acknowledged.flatMap((one) => acknowledgedFaults(one, { commits, state, lineages })),
    ...standingFaults(witness.attempts, ours),
    ...witness.fenced.flatMap((one) => fencedFaults(one, commits)),
    ...witness.deletions.flatMap((one) => deletionFaults(one, ours)),
  ]
}

async function readAll(store: MemoryBlobStore): Promise<readonly ReadCommit[]> {
  const log = new CommitLog(store, BACKUP_ID)
  const keys = store.keys(`${BACKUP_ID}/commits/`)
  const read = await Promise.all(keys.map((_, index) => log.read(index + 1)))
  return read.flatMap((commit) => commit ?? [])
}

/** From the first commit on, and from the newest snapshot on: the same. */
function foldFaults(state: ArchiveState, commits: readonly ReadCommit[]): readonly string[] {
  const fold = new ArchiveFold(state.archiveId)
  for (const read of commits) fold.apply(read)
  const [whole, opened] = [fold.state, state].map((one) => writeSnapshot(one)?.toString())
  return whole === opened ? [] : ['the archive from its snapshot differs from the fold of all commits']
}

async function objectFaults(
  store: MemoryBlobStore,
  source: SimulatedSource,
  lineages: readonly LineageState[],
): Promise<readonly string[]> {
  const present = new Set(store.keys())
  const missing = lineages
    .flatMap(({ sections }) => sections)
    .filter(({ key }) => !present.has(key))
    .map(({ key }) => `${key} is part of the archive, and it is not there`)
  if (missing.length > 0) return missing
  return (await Promise.all(lineages.map((lineage) => historyFaults(store, source, lineage)))).flat()
}

/**
 * The records of each section are of the lineage's topic and stood in one log, together with those of the section that it
 * touches. Behind a gap nobody can tell: a log that was cut off before it lost its beginning looks like any other.
 */
async function historyFaults(
  store: MemoryBlobStore,
  source: SimulatedSource,
  lineage: LineageState,
): Promise<readonly string[]> {
  const { sections, topicId } = lineage
  const bodies = await Promise.all(sections.map(async (one) => readSectionBytes(await store.get(one.key), one)))
  const isRight = sections.every((section, index) => {
    const branch = bodies[index]?.at(-1) ?? -1
    const before = sections[index - 1]
    const stood = ({ startOffset }: SectionEntry, body: readonly number[] = [-1]) =>
      body.every((one, record) => source.branchAt(branch, startOffset + BigInt(record)) === one)
    const goesOn = before?.nextOffset !== section.startOffset || stood(before, bodies[index - 1])
    return source.topicIdOf(branch) === topicId && stood(section, bodies[index]) && goesOn
  })
  const name = `lineage ${lineage.lineage} of ${partitionName(lineage)}`
  return isRight ? [] : [`${name} holds records that never stood in one log`]
}

function twiceFaults(commits: readonly Commit[]): readonly string[] {
  const places = commits.flatMap(({ sections }) => sections.map(placeOf))
  return new Set(places).size === places.length ? [] : ['a section was added twice']
}

interface Archive {
  readonly commits: readonly ReadCommit[]
  readonly state: ArchiveState
  readonly lineages: readonly LineageState[]
}

/** The commit stands where its writer was told, and all of it counts. */
function acknowledgedFaults({ reference, draft }: Acknowledged, archive: Archive): readonly string[] {
  const { sequence, sha256 } = reference
  const found = archive.commits[sequence - 1]
  if (found?.sha256 !== sha256) return [`commit ${sequence} was acknowledged, and it is not there`]
  const sections = draft.sections.filter((section) => !isHeld(section, archive))
  return sections.map(({ key }) => `${key} was acknowledged in commit ${sequence}, and it does not count`)
}

/** Live, or dropped after it was: its offsets are accounted for. */
function isHeld(section: SectionEntry, { state, lineages }: Archive): boolean {
  const lineage = lineages.find(
    (one) => partitionName(one) === partitionName(section) && one.lineage === section.lineage,
  )
  if (lineage === undefined || lineage.topicId !== section.topicId || lineage.nextOffset < section.nextOffset)
    return false
  return state.dropped.has(section.key) || lineage.sections.some(({ key }) => key === section.key)
}

/** What a writer was told to be impossible does not stand, unless it tried it again with other things. */
function standingFaults(attempts: readonly Attempt[], ours: readonly Commit[]): readonly string[] {
  const added = new Set(ours.flatMap(({ sections }) => sections.map(placeOf)))
  const placesOf = (some: readonly Attempt[]) => some.flatMap(({ draft }) => draft.sections.map(placeOf))
  const open = new Set(placesOf(attempts.filter(({ isFenced }) => !isFenced)))
  return placesOf(attempts.filter(({ isFenced }) => isFenced))
    .filter((place) => added.has(place) && !open.has(place))
    .map((place) => `${place} was fenced, and it is part of the archive`)
}

/** The sections of a bundle share a key. */
function placeOf({ key, position }: SectionEntry): string {
  return `${key}@${position}`
}

/** A writer that was fenced by a former life of itself is told so, and no other. */
function fencedFaults(
  { writerId, seen, partitions, isGhost }: Fenced,
  commits: readonly ReadCommit[],
): readonly string[] {
  const others = commits
    .slice(seen.after, seen.upTo)
    .map(({ commit }) => commit)
    .filter(({ sequence }) => !seen.own.has(sequence))
  const isTrueGhost =
    partitions.length > 0 && partitions.every((name) => lastToChange(name, others)?.writerId === writerId)
  return isGhost === isTrueGhost ? [] : [`${writerId} was told ${isGhost ? 'of a' : 'of no'} former life of itself`]
}

function lastToChange(name: string, commits: readonly Commit[]): Commit | undefined {
  return commits.findLast(({ sections, gaps, catalog }) => {
    const starts = catalog.filter((event) => event.type === 'lineage-started')
    return [...sections, ...gaps, ...starts].some((change) => partitionName(change) === name)
  })
}

function deletionFaults({ key, commits }: Deletion, ours: readonly Commit[]): readonly string[] {
  const isAllowed = ours.some(({ sequence, drops }) => sequence <= commits && drops.includes(key))
  return isAllowed ? [] : [`${key} was deleted before a commit had dropped it`]
}

export function lineagesOf(state: ArchiveState): readonly LineageState[] {
  return [...state.topics.values()].flatMap(({ partitions }) => partitions.flatMap(({ lineages }) => lineages))
}

import { KbackupError } from '../../../errors/kbackup-error.ts'
import type { SectionEntry } from '../../commit.ts'
import { type ArchiveView, openArchive } from '../../open-archive.ts'
import { assertPinnedInTime, pinCommit } from '../../pins.ts'
import { BACKUP_ID } from '../commit-fixture.ts'
import { readSectionBytes, type SimulatedProcess } from './simulated-process.ts'

const ROUNDS = 2

/** Opens the archive, pins its commit and reads all of it, at its leisure: what it has pinned must be there to the end. */
export async function readerLife(process: SimulatedProcess): Promise<void> {
  const { turns, owner } = process
  for (let round = 0; round < ROUNDS; round++) {
    await turns.waitFor(owner, turns.below(40))
    await readOnce(process)
  }
}

async function readOnce(process: SimulatedProcess): Promise<void> {
  const { store, environment, witness, owner, turns } = process
  const least = witness.newestAcknowledged
  const view = await openIfThere(process)
  if ((view?.state.head?.sequence ?? 0) < least) witness.fault(`${owner} opens the archive without commit ${least}`)
  const commit = view?.state.head
  if (view === undefined || commit === undefined || commit === null) return
  const sections = sectionsOf(view)
  const pin = await pinCommit(store, BACKUP_ID, { commit, purpose: 'simulation', environment })
  try {
    assertPinnedInTime(pin, sections)
    for (const section of sections) {
      await turns.wait(owner)
      await readSection(process, section)
    }
  } catch (error) {
    if (!KbackupError.is(error, 'KB_COMMIT_EXPIRED')) throw error
  }
  await pin.release()
}

async function readSection({ store, owner, witness }: SimulatedProcess, section: SectionEntry): Promise<void> {
  try {
    const found = readSectionBytes(await store.get(section.key), section)
    if (found === undefined) witness.fault(`${owner} reads something else in ${section.key}`)
  } catch (error) {
    if (!KbackupError.is(error, 'KB_BLOB_NOT_FOUND')) throw error
    witness.fault(`${owner} has pinned ${section.key}, and it is gone`)
  }
}

async function openIfThere({ store }: SimulatedProcess): Promise<ArchiveView | undefined> {
  try {
    return await openArchive(store, BACKUP_ID)
  } catch (error) {
    if (KbackupError.is(error, 'KB_ARCHIVE_NOT_FOUND')) return undefined
    throw error
  }
}

function sectionsOf({ state }: ArchiveView): readonly SectionEntry[] {
  const lineages = [...state.topics.values()].flatMap(({ partitions }) => partitions.flatMap((one) => one.lineages))
  return lineages.flatMap(({ sections }) => sections)
}

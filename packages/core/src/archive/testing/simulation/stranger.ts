import { KbackupError } from '../../../errors/kbackup-error.ts'
import { commitKey } from '../../archive-keys.ts'
import type { Commit } from '../../commit.ts'
import { writeCommitObject } from '../../commit-shape.ts'
import { openArchive } from '../../open-archive.ts'
import { BACKUP_ID, EMPTY_DRAFT, newestOf, preconditionOf, sectionAt } from '../commit-fixture.ts'
import type { SimulatedProcess } from './simulated-process.ts'

const WRITER_ID = 'stranger'

/**
 * A writer of another make, which does not look whether an object that it adds was dropped meanwhile: its commit is void,
 * and everybody else must go on as if it said nothing.
 */
export async function strangerLife(process: SimulatedProcess): Promise<void> {
  const { store, turns, owner, environment } = process
  await turns.waitFor(owner, turns.below(250))
  const { state, info } = await openArchive(store, BACKUP_ID)
  const lineage = newestOf(state, 0)
  const key = [...state.dropped][0]
  if (lineage === undefined || key === undefined || state.head === null) return
  const commit: Commit = {
    ...EMPTY_DRAFT,
    format: 1,
    archiveId: info.archiveId,
    sequence: state.head.sequence + 1,
    writerId: WRITER_ID,
    nonce: environment.nonce(16),
    previousSha256: state.head.sha256,
    committedAtMs: 0n,
    unsafeSingleWriter: false,
    preconditions: [preconditionOf(state, 0)],
    sections: [sectionAt(lineage, [lineage.nextOffset, lineage.nextOffset + 1n], key)],
  }
  try {
    await store.put(commitKey(BACKUP_ID, commit.sequence), writeCommitObject(commit), { ifAbsent: true })
  } catch (error) {
    if (!KbackupError.is(error, 'KB_BLOB_EXISTS', 'KB_STORE_UNAVAILABLE')) throw error
  }
}

/** Whether a commit is the stranger's. */
export function isStrange({ writerId }: Pick<Commit, 'writerId'>): boolean {
  return writerId === WRITER_ID
}

import { CommitLog } from '../archive/commit-log.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { Verification } from './verification.ts'

/** What was committed since the commit that is verified. */
export interface LaterCommits {
  readonly digests: ReadonlyMap<number, string>
  /** Keys of objects that they have added. */
  readonly added: ReadonlySet<string>
  readonly dropped: ReadonlySet<string>
}

/**
 * The commits that came while an archive was listed and read: objects that they name are no strays, and those that they
 * drop may be gone. They are not verified, since nothing pins them.
 */
export async function readLaterCommits(
  { store, backupId, signal }: Pick<Verification, 'store' | 'backupId' | 'signal'>,
  newest: number,
): Promise<LaterCommits> {
  const log = new CommitLog(store, backupId)
  const [digests, added, dropped] = [new Map<number, string>(), new Set<string>(), new Set<string>()]
  for (let sequence = newest + 1; ; sequence++) {
    const read = await readSound(() => log.read(sequence, signal))
    if (read === undefined) return { digests, added, dropped }
    digests.set(sequence, read.sha256)
    for (const { key } of read.commit.sections) added.add(key)
    for (const key of read.commit.drops) dropped.add(key)
  }
}

async function readSound<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (KbackupError.is(error, 'KB_ARCHIVE_DAMAGED', 'KB_ARCHIVE_FORMAT')) return undefined
    throw error
  }
}

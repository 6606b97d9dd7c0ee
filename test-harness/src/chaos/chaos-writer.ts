import { randomBytes } from 'node:crypto'
import {
  type BackupOptions,
  type BlobStore,
  type Commit,
  type CommitReference,
  createBackup,
  KbackupError,
  partitionName,
} from '@kbackup/core'

/** What one backup reported, for the archive to be held to. */
export interface WriterReport {
  readonly writerId: string
  /** The newest commit when it began. */
  readonly since: number
  readonly commits: readonly CommitReference[]
  /** What it failed with; absent where it came to its end. */
  readonly error?: unknown
}

export type WriterOptions = Pick<BackupOptions, 'source' | 'backupId' | 'topics'> & Partial<BackupOptions>

/** Runs a backup once, and keeps what it says. */
export async function runWriter(
  options: WriterOptions & Pick<BackupOptions, 'storage'>,
  calm: BlobStore,
): Promise<WriterReport> {
  const writerId = randomBytes(16).toString('hex')
  const since = await newestCommit(calm, options.backupId)
  const commits: CommitReference[] = []
  const report = { writerId, since, commits }
  try {
    await createBackup({ ...options, writerId }).run({
      onEvent: (event) => {
        if (event.type === 'commit-end') commits.push(event.commit)
      },
    })
    return report
  } catch (error) {
    return { ...report, error }
  }
}

/** Commits are numbered from 1, without a hole. */
async function newestCommit(calm: BlobStore, backupId: string): Promise<number> {
  let count = 0
  for await (const _ of calm.list(`${backupId}/commits/`)) count += 1
  return count
}

/** Why a writer that was told of another one was told wrongly; nothing where that one is in the archive. */
export function falseLoser({ error, writerId, since }: WriterReport, commits: readonly Commit[]): readonly string[] {
  if (!KbackupError.is(error, 'KB_ARCHIVE_FENCED')) return []
  const { partitions } = error.details
  const named = Array.isArray(partitions) ? partitions.map(String) : []
  const others = commits.filter((commit) => commit.writerId !== writerId && commit.sequence > since)
  const taken = new Set(others.flatMap(partitionsOf))
  const untouched = named.filter((name) => !taken.has(name))
  if (named.length > 0 && untouched.length === 0) return []
  return [`a writer was told that it lost ${named.join(', ') || 'something'}, and nobody else wrote ${untouched}`]
}

function partitionsOf({ sections, gaps, catalog }: Commit): readonly string[] {
  const lineages = catalog.filter((event) => event.type === 'lineage-started')
  return [...sections, ...gaps, ...lineages].map(partitionName)
}

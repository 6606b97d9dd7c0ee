import type { CleanedArchive } from '../../../cleanup/cleanup-run.ts'
import { KbackupError } from '../../../errors/kbackup-error.ts'
import type { ArchiveWriter } from '../../archive-writer.ts'
import type { CommitDraft, CommitReference } from '../../commit.ts'

/** A commit that its writer was told of. */
export interface Acknowledged {
  readonly reference: CommitReference
  readonly draft: CommitDraft
}

/** A draft that a writer wants to commit, and what it was told of it, if anything. */
export interface Attempt {
  readonly draft: CommitDraft
  isFenced: boolean
}

/** A commit that its writer was told to be impossible. */
export interface Fenced {
  readonly writerId: string
  /** The commits that the writer saw while it was at work, and those of them that were its own. */
  readonly seen: { readonly after: number; readonly upTo: number; readonly own: ReadonlySet<number> }
  /** Those that another writer has changed; of others a cleaner has dropped objects. */
  readonly partitions: readonly string[]
  readonly isGhost: boolean
}

/** An object that somebody is about to delete. */
export interface Deletion {
  readonly key: string
  /** How many commits there were then. */
  readonly commits: number
}

/** Hears what the processes of a simulation are told, to hold the archive to it when all is over. */
export class Witness {
  readonly faults: string[] = []
  readonly acknowledged: Acknowledged[] = []
  readonly attempts: Attempt[] = []
  readonly fenced: Fenced[] = []
  readonly deletions: Deletion[] = []
  /** How many objects of several sections were stored. */
  bundles = 0
  readonly #commitCount: () => number

  constructor(commitCount: () => number) {
    this.#commitCount = commitCount
  }

  fault(what: string): void {
    this.faults.push(what)
  }

  deleting(key: string): void {
    this.deletions.push({ key, commits: this.#commitCount() })
  }

  /** The newest commit that somebody was told of: whoever opens the archive from now on must find it. */
  get newestAcknowledged(): number {
    return this.acknowledged.reduce((newest, { reference }) => Math.max(newest, reference.sequence), 0)
  }

  /** The writer, every answer of which is remembered. */
  watch(archive: ArchiveWriter): CleanedArchive {
    const after = archive.state.head?.sequence ?? 0
    const own = new Set<number>()
    const commit: ArchiveWriter['commit'] = async (draft, options) => {
      const attempt = { draft, isFenced: false }
      this.attempts.push(attempt)
      try {
        const reference = await archive.commit(draft, options)
        own.add(reference.sequence)
        this.acknowledged.push({ reference, draft })
        return reference
      } catch (error) {
        if (KbackupError.is(error, 'KB_ARCHIVE_FENCED')) {
          attempt.isFenced = true
          const seen = { after, upTo: archive.state.head?.sequence ?? 0, own }
          this.fenced.push({ writerId: archive.writerId, seen, ...fenceDetails(error) })
        }
        throw error
      }
    }
    return {
      commit,
      refresh: (options) => archive.refresh(options),
      writeViews: (options) => archive.writeViews(options),
      bundleKey: () => archive.bundleKey(),
      admitSingleWriter: () => archive.admitSingleWriter(),
      get state() {
        return archive.state
      },
    }
  }
}

function fenceDetails({ details }: KbackupError): Pick<Fenced, 'partitions' | 'isGhost'> {
  const { partitions, dropped, ghost } = details
  const lost = new Set(namesIn(dropped))
  return { partitions: namesIn(partitions).filter((name) => !lost.has(name)), isGhost: ghost === true }
}

function namesIn(detail: unknown): readonly string[] {
  return Array.isArray(detail) ? detail.map(String) : []
}

import { ArchiveFold, type ReadCommit } from '../archive/archive-fold.ts'
import { type ArchiveInfo, readArchiveInfo } from '../archive/archive-info.ts'
import {
  archiveInfoKey,
  commitKey,
  commitsPrefix,
  sequenceOfKey,
  snapshotKey,
  snapshotsPrefix,
} from '../archive/archive-keys.ts'
import type { CommitReference, SectionEntry } from '../archive/commit.ts'
import { readCommitObject } from '../archive/commit-shape.ts'
import { sha256Hex } from '../archive/json-object.ts'
import { readSnapshot, writeSnapshot } from '../archive/snapshot.ts'
import { type LaterCommits, readLaterCommits } from './later-commits.ts'
import { ManifestCheck } from './manifest-check.ts'
import type { Verification } from './verification.ts'

/** What the commits say, as far as they can be read. */
export interface VerifiedHistory {
  readonly archiveId: string | undefined
  readonly head: CommitReference | null
  /** The commit that breaks the chain: later ones cannot be vouched for; `null` where it is whole up to the newest. */
  readonly brokenAt: number | null
  readonly commits: number
  /** Everything that the archive holds, or would hold if all commits could be read. */
  readonly sections: readonly SectionEntry[]
  readonly dropped: ReadonlySet<string>
  /** Whether a commit says that the store ignored conditions. */
  readonly unsafeSingleWriter: boolean
  /** What was added since by commits that are not verified. */
  readonly addedLater: ReadonlySet<string>
  /** The digests of all commits that are sound in themselves. */
  readonly digests: ReadonlyMap<number, string>
}

/**
 * Reads `archive.json` and every commit from the first, in order; holds snapshots and the manifest to what they add up
 * to.
 */
export async function verifyHistory(verification: Verification): Promise<VerifiedHistory> {
  const info = await verifyInfo(verification)
  const walk = new HistoryWalk(verification, info?.archiveId)
  await walk.manifest.load()
  const newest = newestSequence(verification.objects.keys(), verification.backupId)
  for (let sequence = 1; sequence <= newest; sequence++) {
    verification.signal?.throwIfAborted()
    await walk.step(sequence)
  }
  const later = await readLaterCommits(verification, newest)
  walk.manifest.finish(walk.fold?.head?.sequence ?? newest, later)
  return withLater(walk.result, later)
}

type ReadHistory = Omit<VerifiedHistory, 'addedLater'>

/** What was dropped since is not part of the archive any more. */
function withLater(history: ReadHistory, { digests, added, dropped }: LaterCommits): VerifiedHistory {
  return {
    ...history,
    sections: history.sections.filter(({ key }) => !dropped.has(key)),
    dropped: new Set([...history.dropped, ...dropped]),
    addedLater: added,
    digests: new Map([...history.digests, ...digests]),
  }
}

async function verifyInfo(verification: Verification): Promise<ArchiveInfo | undefined> {
  const key = archiveInfoKey(verification.backupId)
  const bytes = await verification.read(key)
  if (bytes === undefined) {
    verification.findings.damage('missing', { key, message: `${key} is missing` })
    return undefined
  }
  verification.noteObject()
  return verification.check(key, () => readArchiveInfo(bytes, { key, backupId: verification.backupId }))
}

/** The newest commit that keys tell of; a snapshot that has outlived its commit tells that there was one. */
export function newestSequence(keys: Iterable<string>, backupId: string): number {
  let newest = 0
  for (const key of keys) newest = Math.max(newest, historySequence(key, backupId) ?? 0)
  return newest
}

/** The commit that a key is of, where it is that of a commit or a snapshot. */
export function historySequence(key: string, backupId: string): number | undefined {
  const prefix = [commitsPrefix(backupId), snapshotsPrefix(backupId)].find((one) => key.startsWith(one))
  return prefix === undefined ? undefined : sequenceOfKey(key, prefix)
}

/**
 * Goes from commit to commit. Behind a commit that cannot be read, or does not follow, nothing can be folded until a sound
 * snapshot; commits there are looked at one by one, and what they add is verified all the same.
 */
class HistoryWalk {
  readonly manifest: ManifestCheck
  fold: ArchiveFold | undefined
  readonly #verification: Verification
  readonly #digests = new Map<number, string>()
  readonly #strays = new Map<string, SectionEntry[]>()
  readonly #strayDrops = new Set<string>()
  #archiveId: string | undefined
  #commits = 0
  #unsafeSingleWriter = false
  /** The first commit that could not be folded, since the last one that could. */
  #brokenAt: number | null = null

  constructor(verification: Verification, archiveId: string | undefined) {
    this.#verification = verification
    this.#archiveId = archiveId
    this.manifest = new ManifestCheck(verification)
    this.fold = archiveId === undefined ? undefined : new ArchiveFold(archiveId)
  }

  get result(): ReadHistory {
    const folded = this.fold === undefined ? [] : sectionsOf(this.fold)
    const strays = [...this.#strays].flatMap(([key, sections]) => (this.#strayDrops.has(key) ? [] : sections))
    return {
      archiveId: this.#archiveId,
      head: this.fold?.head ?? null,
      brokenAt: this.fold === undefined ? this.#brokenAt : null,
      commits: this.#commits,
      sections: [...folded, ...strays],
      dropped: new Set([...(this.fold?.state.dropped ?? []), ...this.#strayDrops]),
      unsafeSingleWriter: this.#unsafeSingleWriter,
      digests: this.#digests,
    }
  }

  async step(sequence: number): Promise<void> {
    const read = await this.#readCommit(sequence)
    const before = this.fold
    if (read === undefined) this.#lose()
    else await this.#take(read)
    if (this.fold === undefined && (before !== undefined || this.#brokenAt === null)) this.#brokenAt = sequence
    await this.#holdSnapshot(sequence)
    if (this.fold?.head?.sequence === sequence) this.manifest.holdTo(this.fold)
  }

  async #readCommit(sequence: number): Promise<ReadCommit | undefined> {
    const key = commitKey(this.#verification.backupId, sequence)
    const bytes = await this.#verification.read(key)
    if (bytes === undefined) {
      this.#verification.findings.damage('missing', { key, message: `${key} is missing` })
      return undefined
    }
    this.#verification.noteObject()
    const commit = await this.#verification.check(key, () => readCommitObject(bytes, key))
    return commit && { key, sha256: sha256Hex(bytes), commit }
  }

  async #take(read: ReadCommit): Promise<void> {
    this.#commits++
    this.#unsafeSingleWriter ||= read.commit.unsafeSingleWriter
    this.#digests.set(read.commit.sequence, read.sha256)
    if (this.#archiveId === undefined && read.commit.sequence === 1) this.#begin(read.commit.archiveId)
    const { fold } = this
    const folded = fold && (await this.#verification.check(read.key, () => this.#applied(fold, read)))
    if (folded === true) return
    this.#lose()
    for (const section of read.commit.sections) this.#stray(section)
    for (const key of read.commit.drops) this.#strayDrops.add(key)
  }

  #begin(archiveId: string): void {
    this.#archiveId = archiveId
    this.fold = new ArchiveFold(archiveId)
  }

  #applied(fold: ArchiveFold, read: ReadCommit): true {
    fold.apply(read)
    return true
  }

  /** What was folded so far still counts, but nothing can be added to it. */
  #lose(): void {
    for (const section of this.fold === undefined ? [] : sectionsOf(this.fold)) this.#stray(section)
    for (const key of this.fold?.state.dropped ?? []) this.#strayDrops.add(key)
    this.fold = undefined
  }

  #stray(section: SectionEntry): void {
    const known = this.#strays.get(section.key)
    if (known === undefined) this.#strays.set(section.key, [section])
    else known.push(section)
  }

  async #holdSnapshot(sequence: number): Promise<void> {
    const key = snapshotKey(this.#verification.backupId, sequence)
    if (!this.#verification.objects.has(key)) return
    const bytes = await this.#verification.read(key)
    if (bytes === undefined) return
    this.#verification.noteObject()
    const state = await this.#verification.check(key, () => readSnapshot(bytes, key))
    if (state === undefined) return
    if (this.fold === undefined) return this.#goOnFrom(sequence, state)
    if (writeSnapshot(this.fold.state)?.equals(bytes) === true) return
    const message = `${key} is not what the commits up to it add up to`
    this.#verification.findings.damage('inconsistent', { key, message })
  }

  #goOnFrom(sequence: number, state: ReturnType<typeof readSnapshot>): void {
    if (state.head.sequence !== sequence || this.#digests.get(sequence) !== state.head.sha256) return
    this.#archiveId ??= state.archiveId
    if (state.archiveId !== this.#archiveId) return
    this.fold = ArchiveFold.from(state)
    this.#strays.clear()
    this.#strayDrops.clear()
  }
}

function sectionsOf(fold: ArchiveFold): readonly SectionEntry[] {
  const topics = [...fold.state.topics.values()]
  const lineages = topics.flatMap(({ partitions }) => partitions.flatMap((partition) => partition.lineages))
  return lineages.flatMap(({ sections }) => sections)
}

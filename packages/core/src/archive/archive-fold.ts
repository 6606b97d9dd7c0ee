import type { ArchiveState, CaptureReference, LineageState } from './archive-state.ts'
import type { ArchiveTables } from './archive-tables.ts'
import type { Commit, CommitDraft, CommitReference } from './commit.ts'
import { freezeTopic, type LineageCell, type TopicCell, thawTopic } from './fold-cells.ts'
import { FoldFault } from './fold-fault.ts'
import { damagedObject } from './json-object.ts'
import { type Conflicts, findConflicts, isVoid } from './preconditions.ts'
import { stageCommit } from './stage-commit.ts'
import type { StagedCommit, StagedLineage } from './staged-commit.ts'

/** A commit as it was read, with the name and the digest of its object. */
export interface ReadCommit {
  readonly key: string
  readonly sha256: string
  readonly commit: Commit
}

/**
 * Folds commits, one after the other, into the state of an archive.
 *
 * A commit that does not follow from those before it is `KB_ARCHIVE_DAMAGED` and changes nothing. Folding costs what the
 * commit holds; `state` costs what has changed since it was last asked for.
 */
export class ArchiveFold {
  readonly archiveId: string
  #head: CommitReference | null = null
  readonly #topics = new Map<string, TopicCell>()
  readonly #liveKeys = new Set<string>()
  readonly #dropped = new Set<string>()
  readonly #captures: CaptureReference[] = []
  readonly #tables: ArchiveTables
  #sectionCount = 0
  #unsafeSingleWriter = false
  #state: ArchiveState | null = null

  constructor(archiveId: string) {
    this.archiveId = archiveId
    this.#tables = { topics: this.#topics, liveKeys: this.#liveKeys, dropped: this.#dropped }
  }

  /** Goes on from a state that was folded before. */
  static from(state: ArchiveState): ArchiveFold {
    const fold = new ArchiveFold(state.archiveId)
    fold.#restore(state)
    return fold
  }

  get head(): CommitReference | null {
    return this.#head
  }

  get nextSequence(): number {
    return (this.#head?.sequence ?? 0) + 1
  }

  /** How many sections the archive holds. */
  get sectionCount(): number {
    return this.#sectionCount
  }

  /** The archive as of the newest folded commit; it stays as it is when more are folded. */
  get state(): ArchiveState {
    this.#state ??= {
      archiveId: this.archiveId,
      head: this.#head,
      topics: new Map([...this.#topics].sort(byName).map(([name, cell]) => [name, freezeTopic(cell)])),
      captures: [...this.#captures],
      dropped: new Set(this.#dropped),
      unsafeSingleWriter: this.#unsafeSingleWriter,
    }
    return this.#state
  }

  /** What keeps a draft from being the next commit; `undefined` where nothing does. */
  conflictsOf(draft: CommitDraft): Conflicts | undefined {
    return findConflicts(this.#tables, draft)
  }

  /** What is wrong with a draft in itself; `undefined` where it can be the next commit. */
  faultOf(draft: CommitDraft): string | undefined {
    try {
      stageCommit(this.#tables, draft)
      return undefined
    } catch (fault) {
      if (fault instanceof FoldFault) return fault.what
      throw fault
    }
  }

  /** Takes in the next commit. */
  apply({ key, sha256, commit }: ReadCommit): void {
    this.#assertFollows(key, commit)
    if (!isVoid(this.#tables, commit)) this.#change(commit, this.#stage(key, commit))
    this.#head = { sequence: commit.sequence, sha256 }
    this.#unsafeSingleWriter ||= commit.unsafeSingleWriter
    this.#state = null
  }

  #assertFollows(key: string, commit: Commit): void {
    const fault = chainFault(commit, { archiveId: this.archiveId, head: this.#head })
    if (fault !== undefined) throw damagedObject(key, fault.what, { field: fault.field })
    if (isVoid(this.#tables, commit)) return
    const conflicts = findConflicts(this.#tables, commit)
    if (conflicts === undefined) return
    const names = [...conflicts.partitions, ...conflicts.topics, ...conflicts.keys].join(', ')
    throw damagedObject(key, `its preconditions do not hold for ${names}`, { field: 'preconditions' })
  }

  #stage(key: string, commit: Commit): StagedCommit {
    try {
      return stageCommit(this.#tables, commit)
    } catch (fault) {
      throw fault instanceof FoldFault ? damagedObject(key, fault.what) : fault
    }
  }

  #change(commit: Commit, stage: StagedCommit): void {
    for (const [name, { catalog, deleted }] of stage.topics) {
      const cell = this.#topics.get(name) ?? { catalog, deleted, partitions: new Map(), frozen: null }
      this.#topics.set(name, Object.assign(cell, { catalog, deleted, frozen: null }))
    }
    for (const key of commit.drops) {
      this.#liveKeys.delete(key)
      this.#dropped.add(key)
    }
    for (const { key } of commit.sections) this.#liveKeys.add(key)
    for (const lineage of stage.lineages()) this.#changeLineage(lineage)
    if (commit.capture !== null) this.#captures.push(this.#captureReference(commit, commit.capture))
  }

  #changeLineage(staged: StagedLineage): void {
    const cell = staged.cell ?? this.#startLineage(staged)
    this.#sectionCount -= cell.sections.length
    cell.startOffset = staged.startOffset
    cell.nextOffset = staged.nextOffset
    if (staged.rebuilt !== null) {
      cell.sections = [...staged.rebuilt.sections]
      cell.gaps = [...staged.rebuilt.gaps]
    }
    for (const section of staged.addedSections) cell.sections.push(section)
    for (const gap of staged.addedGaps) cell.gaps.push(gap)
    this.#sectionCount += cell.sections.length
    cell.lastCut = staged.cut ?? cell.lastCut
    this.#thaw(cell)
  }

  #startLineage({ identity, reason, startOffset, nextOffset }: StagedLineage): LineageCell {
    const topic = this.#topics.get(identity.topic)
    const cell: LineageCell = {
      identity,
      reason,
      startOffset,
      nextOffset,
      sections: [],
      gaps: [],
      lastCut: null,
      frozen: null,
    }
    const partition = topic?.partitions.get(identity.partition)
    if (partition !== undefined) partition.lineages.push(cell)
    else topic?.partitions.set(identity.partition, { partition: identity.partition, lineages: [cell], frozen: null })
    return cell
  }

  #thaw(cell: LineageCell): void {
    cell.frozen = null
    const topic = this.#topics.get(cell.identity.topic)
    const partition = topic?.partitions.get(cell.identity.partition)
    if (topic !== undefined) topic.frozen = null
    if (partition !== undefined) partition.frozen = null
  }

  #captureReference(
    { sequence }: Commit,
    { startedAtMs, observedAtMs, groups, unread }: NonNullable<Commit['capture']>,
  ): CaptureReference {
    const before = this.#captures.at(-1)
    return {
      sequence,
      startedAtMs,
      observedAtMs,
      groupIds: sharedList(
        groups.map(({ groupId }) => groupId),
        before?.groupIds,
      ),
      unread: sharedList(unread, before?.unread),
    }
  }

  #restore(state: ArchiveState): void {
    this.#head = state.head
    this.#unsafeSingleWriter = state.unsafeSingleWriter
    for (const [name, topic] of state.topics) this.#topics.set(name, thawTopic(topic))
    for (const key of state.dropped) this.#dropped.add(key)
    for (const capture of state.captures) this.#captures.push(capture)
    for (const { sections } of lineagesOf(state)) {
      this.#sectionCount += sections.length
      for (const { key } of sections) this.#liveKeys.add(key)
    }
    this.#state = state
  }
}

/** The same groups are captured again and again: one list serves all of those captures. */
function sharedList(groupIds: readonly string[], before: readonly string[] = []): readonly string[] {
  const isSame = before.length === groupIds.length && before.every((groupId, index) => groupId === groupIds[index])
  return isSame ? before : groupIds
}

function chainFault(
  commit: Commit,
  { archiveId, head }: { readonly archiveId: string; readonly head: CommitReference | null },
): { readonly field: string; readonly what: string } | undefined {
  if (commit.archiveId !== archiveId) return { field: 'archiveId', what: 'it belongs to another archive' }
  const expected = (head?.sequence ?? 0) + 1
  if (commit.sequence !== expected) return { field: 'sequence', what: `it says it is commit ${commit.sequence}` }
  if (commit.previousSha256 === (head?.sha256 ?? null)) return undefined
  return { field: 'previousSha256', what: 'the commit before it is not the one that it follows' }
}

function lineagesOf(state: ArchiveState): readonly LineageState[] {
  return [...state.topics.values()].flatMap(({ partitions }) => partitions.flatMap(({ lineages }) => lineages))
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}

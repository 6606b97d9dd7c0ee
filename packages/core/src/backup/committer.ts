import type { ArchiveWriter } from '../archive/archive-writer.ts'
import type { CommitDraft, CommitReference, Gap, GroupCapture, Precondition, SectionEntry } from '../archive/commit.ts'
import { type FencedParts, fencedParts } from '../archive/fenced.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { OFFSETS_TOPIC } from '../offsets/offsets-topic-record.ts'
import type { BundleWriter } from './bundle-writer.ts'
import { type CatalogChanges, untoldChanges } from './catalog-changes.ts'
import { type PartitionDraft, PartitionLedger } from './partition-ledger.ts'
import type { PartitionTask } from './partition-task.ts'
import type { SourceCut } from './source-cut.ts'

/** A commit of this run. */
export interface CommitMade {
  readonly commit: CommitReference
  readonly sections: readonly SectionEntry[]
  readonly gaps: readonly Gap[]
}

export interface CommitterOptions {
  readonly archive: Pick<ArchiveWriter, 'commit' | 'state'>
  /** What waits in it is stored before a commit. */
  readonly bundles: Pick<BundleWriter, 'flush' | 'holdsSections'>
  readonly commitIntervalMs: number
  readonly nowMs: () => number
  /** The ids of topics as the source has them now; those that are gone are left out. */
  readonly topicIds: (topics: readonly string[]) => Promise<ReadonlyMap<string, string>>
  readonly onCommit: (made: CommitMade) => void
  /** Is told of each partition that was left to another writer of the archive. */
  readonly onLeft: (task: PartitionTask, error: KbackupError) => void
  readonly signal: AbortSignal
}

const NO_CHANGES: CatalogChanges = { events: [], preconditions: [] }

/** Makes what is left of a run durable and part of the archive, one commit at a time. */
export class Committer {
  readonly #options: CommitterOptions
  readonly #ledgers = new Map<string, PartitionLedger>()
  #catalog: CatalogChanges = NO_CHANGES
  #running: Promise<void> = Promise.resolve()
  #isRunning = false
  #lastCommitAtMs: number
  #last: CommitReference | null = null

  constructor(options: CommitterOptions) {
    this.#options = options
    this.#lastCommitAtMs = options.nowMs()
  }

  get last(): CommitReference | null {
    return this.#last
  }

  /** Takes in the tasks of a cut. */
  begin({ tasks, catalog }: Pick<SourceCut, 'tasks' | 'catalog'>): void {
    this.#catalog = catalog
    for (const task of tasks) this.#ledgers.set(partitionName(task), new PartitionLedger(task))
  }

  /** Is done with the tasks of these topics; what is pending of them must be committed before. */
  retire(topics: readonly string[]): void {
    for (const [name, { task }] of this.#ledgers) if (topics.includes(task.topic)) this.#ledgers.delete(name)
  }

  ledger(partition: TopicPartition): PartitionLedger {
    const ledger = this.#ledgers.get(partitionName(partition))
    if (ledger !== undefined) return ledger
    throw new KbackupError('KB_INTERNAL', { message: `${partitionName(partition)} is not part of the run` })
  }

  /** Topics of partitions that must be read again: topic or log changed while they were read, or a cleanup was faster. */
  get changedTopics(): readonly string[] {
    return [...new Set(this.#all.filter(({ isChanged }) => isChanged).map(({ task }) => task.topic))]
  }

  get isDue(): boolean {
    const { nowMs, commitIntervalMs, bundles } = this.#options
    if (this.#isRunning || nowMs() - this.#lastCommitAtMs < commitIntervalMs) return false
    return bundles.holdsSections || this.#all.some(({ holdsSections }) => holdsSections)
  }

  /** Commits what is pending, if anything; waits for a commit that is under way. */
  async commitPending(): Promise<void> {
    await this.#alone(async () => {
      await this.#options.bundles.flush()
      // Before the ids are asked for: what comes in meanwhile may have been fetched after they were answered.
      const parts = this.#pendingParts()
      await this.#dropChangedTopics()
      await this.#commitUnlessEmpty(parts.filter(({ ledger }) => !ledger.isVoid))
    })
  }

  /** Makes everything durable, and drops what belongs to topics that are not the ones it was read from any more. */
  async verifyTopics(): Promise<void> {
    await this.#alone(async () => {
      await this.#options.bundles.flush()
      await this.#dropChangedTopics()
    })
  }

  /**
   * Commits what is pending together with the cut of every partition and the capture: the end of a run. Without the capture
   * where data was left to another writer, or has to be read again (`changedTopics` tells), and no commit at all where everything was.
   */
  async commitCut(capture: GroupCapture | null): Promise<void> {
    await this.#alone(() => this.#commit(this.#all.map(partOf), capture))
  }

  /** Resolves when no commit is under way. */
  async idle(): Promise<void> {
    await this.#running.catch(() => undefined)
  }

  /** All but those that were left to others. */
  get #all(): readonly PartitionLedger[] {
    return [...this.#ledgers.values()].filter(({ isLeft }) => !isLeft)
  }

  async #alone(action: () => Promise<void>): Promise<void> {
    const before = this.#running
    const done = before.then(async () => {
      this.#isRunning = true
      await action()
    })
    this.#running = done.finally(() => {
      this.#isRunning = false
    })
    this.#running.catch(() => undefined)
    await done
  }

  /** Ids do not come back: if a topic has its old id now, all that was asked of it until now was asked of that topic. */
  async #dropChangedTopics(): Promise<void> {
    const ledgers = this.#all
    const ids = await this.#options.topicIds([...new Set(ledgers.map(({ task }) => task.topic))])
    for (const ledger of ledgers) {
      const id = ids.get(ledger.task.topic)
      if (id !== undefined && id !== ledger.task.topicId) ledger.drop()
    }
  }

  /** The first commit of a run tells how far all of its partitions are: if it is the last one, too, that shows. */
  #pendingParts(): readonly LedgerPart[] {
    const isFirst = this.#last === null
    return this.#all.filter((one) => one.isPending || (isFirst && !one.isChanged)).map(partOf)
  }

  async #commitUnlessEmpty(parts: readonly LedgerPart[]): Promise<void> {
    if (this.#catalog.events.length > 0 || parts.some(changesSomething)) await this.#commit(parts, null)
  }

  async #commit(parts: readonly LedgerPart[], capture: GroupCapture | null): Promise<void> {
    const { nowMs, onCommit } = this.#options
    const made = await this.#commitWhatIsOurs(parts, capture)
    if (made === null) return
    const { commit, draft, committed } = made
    this.#catalog = NO_CHANGES
    this.#last = commit
    this.#lastCommitAtMs = nowMs()
    for (const part of committed) part.ledger.committed(part.draft)
    onCommit({ commit, sections: draft.sections, gaps: draft.gaps })
  }

  /**
   * Partitions that another writer has advanced are left to it, those whose objects a cleanup has dropped are given up until they
   * are read again; the rest is tried again. `null` where nothing is left.
   */
  async #commitWhatIsOurs(parts: readonly LedgerPart[], capture: GroupCapture | null) {
    const { archive, signal } = this.#options
    for (;;) {
      const committed = parts.filter(({ ledger }) => !ledger.isVoid)
      const drafts = committed.map((part) => part.draft)
      const draft = wholeDraft(this.#catalog, drafts, this.#isDataWhole ? capture : null)
      if (isEmpty(draft) && this.#hasVoid) return null
      signal.throwIfAborted()
      try {
        return { commit: await archive.commit(draft, { signal }), draft, committed }
      } catch (error) {
        this.#leaveFenced(error)
      }
    }
  }

  /** Throws the error again where nothing is left to others for it: trying again would be for nothing. */
  #leaveFenced(error: unknown): void {
    const { archive } = this.#options
    const fenced = fencedParts(error)
    if (fenced === undefined) throw error
    const untold = untoldChanges(this.#catalog, archive.state)
    const lost = this.#all.filter(({ task }) => isAmong(task, fenced))
    if (lost.length === 0 && untold.events.length === this.#catalog.events.length) throw error
    this.#catalog = untold
    for (const ledger of lost) {
      if (fenced.dropped.has(partitionName(ledger.task))) ledger.drop()
      else this.#leave(ledger, fenced.error)
    }
  }

  #leave(ledger: PartitionLedger, error: KbackupError): void {
    ledger.leave()
    this.#options.onLeft(ledger.task, error)
  }

  get #hasVoid(): boolean {
    return [...this.#ledgers.values()].some(({ isVoid }) => isVoid)
  }

  /** Positions must not be committed where the data that they point to is another writer's, or has to be read again. */
  get #isDataWhole(): boolean {
    return [...this.#ledgers.values()].every(({ isVoid, task }) => !isVoid || task.topic === OFFSETS_TOPIC)
  }
}

function isAmong(task: PartitionTask, { partitions, topics }: FencedParts): boolean {
  return partitions.has(partitionName(task)) || topics.has(task.topic)
}

/** A ledger, and what it had to say at one moment. */
interface LedgerPart {
  readonly ledger: PartitionLedger
  readonly draft: PartitionDraft
}

function changesSomething({ draft: { sections, gaps, catalog } }: LedgerPart): boolean {
  return sections.length > 0 || gaps.length > 0 || catalog.length > 0
}

function isEmpty({ catalog, sections, gaps, cuts, capture }: CommitDraft): boolean {
  return capture === null && [catalog, sections, gaps, cuts].every(({ length }) => length === 0)
}

function partOf(ledger: PartitionLedger): LedgerPart {
  return { ledger, draft: ledger.draft() }
}

function wholeDraft(
  catalog: CatalogChanges,
  parts: readonly PartitionDraft[],
  capture: GroupCapture | null,
): CommitDraft {
  return {
    preconditions: [
      ...catalog.preconditions,
      ...topicGuards(catalog, parts),
      ...parts.flatMap(({ preconditions }) => preconditions),
    ],
    catalog: [...catalog.events, ...parts.flatMap((part) => part.catalog)],
    sections: parts.flatMap(({ sections }) => sections),
    gaps: parts.flatMap(({ gaps }) => gaps),
    cuts: parts.flatMap(({ cuts }) => cuts),
    capture,
    drops: [],
  }
}

/** A lineage is started under the id that the catalog has, unless the same commit changes that. */
function topicGuards({ preconditions }: CatalogChanges, parts: readonly PartitionDraft[]): readonly Precondition[] {
  const guarded = new Set(preconditions.flatMap((one) => (one.type === 'topic-is' ? [one.topic] : [])))
  const starts = parts.flatMap((part) => part.catalog).filter((event) => event.type === 'lineage-started')
  const guards = starts
    .filter(({ topic }) => !guarded.has(topic))
    .map(({ topic, topicId }) => [topic, { type: 'topic-is' as const, topic, topicId }] as const)
  return [...new Map(guards).values()]
}

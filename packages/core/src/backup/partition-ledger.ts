import type { CommitDraft, Gap, PartitionCut, Precondition, SectionEntry } from '../archive/commit.ts'
import { lineageOf, type PartitionTask } from './partition-task.ts'

export type PartitionDraft = Pick<CommitDraft, 'preconditions' | 'catalog' | 'sections' | 'gaps' | 'cuts'>

/**
 * What a ledger still takes: everything; nothing more; nothing, and what was not committed is void; or it is another
 * writer's.
 */
type Standing = 'open' | 'closed' | 'dropped' | 'left'

/** What a run has made durable of one partition and has yet to commit. */
export class PartitionLedger {
  readonly task: PartitionTask
  #expected: Precondition
  #isStarted: boolean
  #sections: SectionEntry[] = []
  #gaps: Gap[] = []
  #nextOffset: bigint
  #standing: Standing = 'open'

  constructor(task: PartitionTask) {
    this.task = task
    this.#expected = task.expected
    this.#isStarted = task.starts === null
    this.#nextOffset = task.gap?.startOffset ?? task.fromOffset
    if (task.gap !== null) this.addGap(task.gap)
  }

  /** Everything below is durable; a reader that starts over goes on here. */
  get nextOffset(): bigint {
    return this.#nextOffset
  }

  get holdsSections(): boolean {
    return this.#sections.length > 0
  }

  /** Whether there is anything that a commit would change. */
  get isPending(): boolean {
    if (this.#sections.length > 0 || this.#gaps.length > 0) return true
    return !this.#isStarted && this.#standing === 'open'
  }

  addSection(section: SectionEntry): void {
    if (this.#standing !== 'open') return
    this.#sections.push(section)
    this.#nextOffset = section.nextOffset
  }

  addGap(gap: Gap): void {
    if (this.#standing !== 'open') return
    this.#gaps.push(gap)
    this.#nextOffset = gap.nextOffset
  }

  /** Takes nothing more: the source has changed under the task. What came before stands. */
  close(): void {
    if (this.#standing === 'open') this.#standing = 'closed'
  }

  /** Takes nothing more, and forgets what is not committed: it may have been read from another topic. */
  drop(): void {
    this.#forget('dropped')
  }

  /** Takes nothing more, and forgets what is not committed: another writer goes on with the partition. */
  leave(): void {
    this.#forget('left')
  }

  /** Whether the source has changed, so that the partition needs another task. */
  get isChanged(): boolean {
    return this.#standing === 'closed' || this.#standing === 'dropped'
  }

  /** Whether what was drafted before must not be committed any more. */
  get isVoid(): boolean {
    return this.#standing === 'dropped' || this.#standing === 'left'
  }

  /** Whether the partition was left to another writer. */
  get isLeft(): boolean {
    return this.#standing === 'left'
  }

  /** What a commit has to say of the partition now. */
  draft(): PartitionDraft {
    const { starts, fromOffset } = this.task
    const start = { type: 'lineage-started', ...lineageOf(this.task), startOffset: fromOffset } as const
    return {
      preconditions: [this.#expected],
      catalog: this.#isStarted || starts === null ? [] : [{ ...start, reason: starts }],
      sections: [...this.#sections],
      gaps: [...this.#gaps],
      cuts: [this.#cut()],
    }
  }

  /** Takes note that the draft is part of the archive; what came in meanwhile stays for the next one. */
  committed({ sections, gaps, cuts }: PartitionDraft): void {
    const nextOffset = cuts[0]?.nextOffset ?? this.#nextOffset
    this.#expected = { type: 'partition-at', ...lineageOf(this.task), nextOffset }
    this.#isStarted = true
    this.#sections = this.#sections.filter((section) => !sections.includes(section))
    this.#gaps = this.#gaps.filter((gap) => !gaps.includes(gap))
  }

  #forget(standing: Standing): void {
    this.#standing = standing
    this.#sections = []
    this.#gaps = []
  }

  #cut(): PartitionCut {
    const { logStartOffset, lastStableOffset, highWatermark, leaderEpoch, observedAtMs } = this.task.observation
    const said = { logStartOffset, lastStableOffset, highWatermark, leaderEpoch, observedAtMs }
    return { ...lineageOf(this.task), nextOffset: this.#nextOffset, ...said }
  }
}

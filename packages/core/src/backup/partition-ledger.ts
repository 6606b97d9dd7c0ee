import type { CommitDraft, Gap, PartitionCut, Precondition, SectionEntry } from '../archive/commit.ts'
import { lineageOf, type PartitionTask } from './partition-task.ts'

type PartitionDraft = Pick<CommitDraft, 'preconditions' | 'catalog' | 'sections' | 'gaps' | 'cuts'>

/** What a run has made durable of one partition and has yet to commit. */
export class PartitionLedger {
  readonly task: PartitionTask
  #expected: Precondition
  #isStarted: boolean
  #sections: SectionEntry[] = []
  #gaps: Gap[] = []
  #nextOffset: bigint
  #isChanged = false

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
    return !this.#isStarted && !this.#isChanged
  }

  addSection(section: SectionEntry): void {
    if (this.#isChanged) return
    this.#sections.push(section)
    this.#nextOffset = section.nextOffset
  }

  addGap(gap: Gap): void {
    if (this.#isChanged) return
    this.#gaps.push(gap)
    this.#nextOffset = gap.nextOffset
  }

  /** Takes nothing more: the source has changed under the task. What came before stands. */
  close(): void {
    this.#isChanged = true
  }

  /** Takes nothing more, and forgets what is not committed: it may have been read from another topic. */
  drop(): void {
    this.close()
    this.#sections = []
    this.#gaps = []
  }

  /** Whether the source has changed, so that the partition needs another task. */
  get isChanged(): boolean {
    return this.#isChanged
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

  #cut(): PartitionCut {
    const { logStartOffset, lastStableOffset, highWatermark, leaderEpoch, observedAtMs } = this.task.observation
    const said = { logStartOffset, lastStableOffset, highWatermark, leaderEpoch, observedAtMs }
    return { ...lineageOf(this.task), nextOffset: this.#nextOffset, ...said }
  }
}

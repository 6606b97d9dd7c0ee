import type { CommitReference } from '../archive/commit.ts'
import type { ErrorDetail } from '../errors/kbackup-error.ts'
import { jsonValue } from '../json/json-value.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { GroupPositionAt, PositionObservation } from '../offsets/group-positions.ts'
import type { Remedy } from './hazards/remedy.ts'
import type { TopicPreparation } from './journal-entries.ts'
import { planText } from './plan-text.ts'
import type { TimeWindow } from './time-window.ts'

/** The codes of the dangers that a plan looks for. */
export type HazardCode =
  | 'KB_HAZARD_EMPTY_WINDOW'
  | 'KB_HAZARD_INCOMPLETE_BACKUP'
  | 'KB_HAZARD_RIGHTS'
  | 'KB_HAZARD_TARGET_HAS_RECORDS'
  | 'KB_HAZARD_ORDER'
  | 'KB_HAZARD_COPIES'
  | 'KB_HAZARD_RETENTION'
  | 'KB_HAZARD_TIMESTAMP_TYPE'
  | 'KB_HAZARD_TIMESTAMP_RANGE'
  | 'KB_HAZARD_MESSAGE_SIZE'
  | 'KB_HAZARD_NULL_KEY'
  | 'KB_HAZARD_PARTITIONS_MISSING'
  | 'KB_HAZARD_CODEC'
  | 'KB_HAZARD_GROUP_ACTIVE'
  | 'KB_HAZARD_GROUP_POSITION'
  | 'KB_HAZARD_GROUP_EXPIRY'
  | 'KB_HAZARD_REPLICATION'
  | 'KB_HAZARD_COMPACTION'
  | 'KB_HAZARD_TRANSACTION_CUT'

/** A danger of a restore with its remedy. */
export interface Hazard {
  readonly code: HazardCode
  /** A blocker stops the run before anything is written. */
  readonly blocks: boolean
  /** What would happen and where, with numbers, as one sentence without a full stop. */
  readonly message: string
  /** What settles it: any one of them, in the order in which they are recommended; what deletes data comes last. */
  readonly remedies: readonly Remedy[]
  readonly details: Readonly<Record<string, ErrorDetail>>
}

/** What a restore does with one topic. */
export interface TopicPlan {
  readonly source: string
  readonly target: string
  readonly preparation: TopicPreparation['action']
  readonly partitions: number
  /** Exact where `exact`, otherwise the most that it can be. */
  readonly records: number
  readonly exact: boolean
  /** Records of the archive that the target holds already, and that are not produced again. */
  readonly recordsPresent: number
  readonly logBytes: number
  readonly storedBytes: number
  readonly sectionsRead: number
  readonly sectionsTotal: number
}

/** A group's position in one source partition, as the archive knows it. */
export interface GroupPositionPlan extends TopicPartition {
  readonly offset: bigint
  /** How well it is known: exact, or within bounds of time. */
  readonly kind: GroupPositionAt['kind']
  readonly observedAtMs: bigint
  /** What was seen of it next, where it is not exact. */
  readonly next: PositionObservation | null
}

/** What a restore does with one consumer group. */
export interface GroupPlan {
  readonly groupId: string
  readonly positions: readonly GroupPositionPlan[]
  /**
   * Restored partitions in which the archive knows no position of it: what the target has there stays. Only of topics in
   * which it has others, unless it has none at all.
   */
  readonly withoutPosition: readonly TopicPartition[]
  /** When the newest of its positions was committed or, where it is not exact, was seen. */
  readonly lastMovedAtMs: bigint | null
  /** Whether it is left as it is, because it has members and the guard says so. */
  readonly isSkipped: boolean
  /** Whether its positions are only reported, as the strategy `manual` asks. */
  readonly isReported: boolean
}

/** The positions of a group of which only bounds are known. */
export function inexactPositions({ positions }: Pick<GroupPlan, 'positions'>): readonly GroupPositionPlan[] {
  return positions.filter(({ kind }) => kind !== 'exact')
}

/** What a restore would do, computed without writing anything. */
export interface RestorePlanFacts {
  readonly backupId: string
  readonly storage: string
  readonly commit: CommitReference
  readonly window: TimeWindow
  /** Set where an unfinished restore would go on. */
  readonly resumes: string | null
  readonly topics: readonly TopicPlan[]
  readonly partitions: readonly { readonly source: TopicPartition; readonly target: TopicPartition }[]
  readonly groups: readonly GroupPlan[]
  /** Whether each record gets the headers `x-original-offset` and `x-original-timestamp`. */
  readonly originalHeaders: boolean
  readonly hazards: readonly Hazard[]
  readonly notes: readonly string[]
}

/** A plan: data, with a table for people as its string form. */
export interface RestorePlan extends RestorePlanFacts {
  /** The hazards that stop a run. */
  readonly blockers: readonly Hazard[]
  readonly records: number
  /** Whether `records` is exact; otherwise it is the most that it can be. */
  readonly exact: boolean
  toString(): string
  toJSON(): object
}

export function makeRestorePlan(facts: RestorePlanFacts): RestorePlan {
  const plan = {
    ...facts,
    blockers: facts.hazards.filter(({ blocks }) => blocks),
    records: facts.topics.reduce((sum, { records }) => sum + records, 0),
    exact: facts.topics.every(({ exact }) => exact),
  }
  return { ...plan, toString: () => planText(plan), toJSON: () => jsonValue(plan) }
}

import { jsonValue } from '../json/json-value.ts'
import type { GroupMember } from '../kafka/kafka-groups.ts'
import type { TranslatedPosition } from '../offsets/translated-positions.ts'
import type { TargetPosition } from '../restore/merged-positions.ts'
import type { Hazard } from '../restore/restore-plan.ts'
import type { RecoveredReset } from './recover-resets.ts'

/** Where a group stood at the moment, where that is in the target, and where it stands there now. */
export interface PlannedPosition extends TranslatedPosition {
  /** `null`: the group has no position there now, or it is not known where it is to go. */
  readonly current: bigint | null
}

/** What a reset does with one group. */
export interface OffsetResetGroup {
  readonly groupId: string
  /** As the cluster says it now: `Empty`, `Stable`, `Dead` for a group that does not exist there, … */
  readonly state: string
  readonly members: readonly GroupMember[]
  readonly positions: readonly PlannedPosition[]
  /** What it is to be set to; source partitions that were merged lead to one place. */
  readonly targets: readonly TargetPosition[]
}

/** What a reset would do, computed without writing anything. */
export interface OffsetResetPlanFacts {
  readonly backupId: string
  readonly restoreId: string
  readonly targetClusterId: string
  /** The moment of the positions in epoch milliseconds; `null`: the newest that the restored commit knows. */
  readonly atMs: bigint | null
  readonly groups: readonly OffsetResetGroup[]
  /** The groups that are meant and would not be set: nothing that was restored is a place for a position of theirs. */
  readonly nothingToSet: readonly string[]
  /** Why it would be refused, in words; nothing is changed while there is one. */
  readonly faults: readonly string[]
  /** What to do about them, each thing once. */
  readonly advice: readonly string[]
  readonly warnings: readonly Hazard[]
  /** Resets that were cut short, which a run would first bring to their end. */
  readonly unfinished: readonly string[]
}

/** A plan of a reset. */
export interface OffsetResetPlan extends OffsetResetPlanFacts {
  /** Offsets and times as decimal strings. */
  toJSON(): object
}

/** What became of a group's positions, read back from its coordinator. */
export interface OffsetResetResult {
  /** The id under which it is in the archive; `null` where there was nothing to set. */
  readonly resetId: string | null
  readonly plan: OffsetResetPlan
  readonly groups: readonly OffsetResetGroupResult[]
  /** Resets that had been cut short and were brought to their end first. */
  readonly recovered: readonly RecoveredReset[]
  readonly durationMs: number
  /** Offsets and times as decimal strings. */
  toJSON(): object
}

/** What became of one group; `nothing-to-set`: none of its positions could be translated. */
export interface OffsetResetGroupResult {
  readonly groupId: string
  readonly outcome: 'reset' | 'nothing-to-set'
  readonly partitions: number
}

export function makeResetPlan(facts: OffsetResetPlanFacts): OffsetResetPlan {
  return { ...facts, toJSON: () => jsonValue(facts) }
}

export function makeResetResult(facts: Omit<OffsetResetResult, 'toJSON'>): OffsetResetResult {
  return { ...facts, toJSON: () => jsonValue(facts) }
}

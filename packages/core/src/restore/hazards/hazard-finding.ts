import type { SettingHold } from '../journal-entries.ts'
import type { Hazard } from '../restore-plan.ts'

/** What a look for one kind of hazard in one topic found. */
export interface HazardFinding {
  readonly hazards: readonly Hazard[]
  /** Settings that the option which settles the hazard holds at another value. */
  readonly holds: readonly SettingHold[]
  /** Records before this time are left out. */
  readonly dropBefore?: bigint | undefined
  /** Records after this time are left out. */
  readonly dropAfter?: bigint | undefined
  /** Records that alone make a larger batch are left out. */
  readonly dropAboveBytes?: number | undefined
  /** Records without a key are left out. */
  readonly dropNullKeys?: boolean | undefined
}

export const NO_FINDING: HazardFinding = { hazards: [], holds: [] }

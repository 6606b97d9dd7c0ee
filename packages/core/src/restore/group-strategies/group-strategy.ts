import type { OffsetMap } from '../../offsets/offset-map.ts'
import type { RestoreContext } from '../restore-context.ts'
import type { ActiveStream } from '../stream-run.ts'

/**
 * How the positions of groups are found in the target.
 *
 * - `offset-map`: by the exact offset map of the restore.
 * - `timestamp-based`: at the first restored record that is not older than the one that the group was to read next.
 * - `cluster-scan`: by reading the target back, and looking for the `x-original-offset` of its records; where they have none,
 *   for the record that the group was to read next, by all of its content.
 * - `manual`: by the offset map, and only reported: no group is changed.
 */
export type GroupStrategy = 'offset-map' | 'timestamp-based' | 'cluster-scan' | 'manual'

/** Finds source positions in the target. */
export type PositionFinder = Pick<OffsetMap, 'streams' | 'translate' | 'translateAll'>

/** What a strategy has to look into. */
export interface StrategyContext {
  readonly map: OffsetMap
  readonly active: readonly ActiveStream[]
  readonly context: RestoreContext
  readonly concurrency: number
}

/** What the plan says of a strategy that is not exact, or changes nothing. */
export const STRATEGY_NOTES: Readonly<Record<GroupStrategy, readonly string[]>> = {
  'offset-map': [],
  'timestamp-based': [
    'groups are set by timestamps: each goes on at the first record that is not older than the one it was to read next, and may read some again',
  ],
  'cluster-scan': ['groups are set by what a scan of the target finds there'],
  manual: ['positions of groups are only reported: no group is changed'],
}

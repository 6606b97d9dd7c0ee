import { isoTime } from '../../config/iso-time.ts'
import { groupedCount } from '../../text/grouped-count.ts'
import type { RestoreGuards } from '../restore-options.ts'
import { bigSetting, overrideOf, type TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { optionRemedies } from './remedy.ts'

const NO_LIMIT = 0x7fff_ffff_ffff_ffffn
/** Brokers before 4.0 have the last one, which limits both ways. */
const PAST_SETTINGS = ['message.timestamp.before.max.ms', 'message.timestamp.difference.max.ms']
const FUTURE_SETTINGS = ['message.timestamp.after.max.ms', 'message.timestamp.difference.max.ms']
const REMEDIES = optionRemedies('guards.timestampRange', {
  hold: 'lifts the limits of the topic while the restore runs',
  drop: 'leaves these records out',
})

export interface TimestampRangeQuestion {
  readonly guard: RestoreGuards['timestampRange']
  /** The clock that the brokers compare with. */
  readonly nowMs: bigint
  /** Whether the target stamps records itself: then it does not look at their times. */
  readonly overwritesTimes: boolean
}

/**
 * Whether the target refuses records because their times are too far from its clock (KIP-937):
 *
 * ```
 * refused          taken                      refused
 * ─────────┬──────────────── now ──────┬─────────────
 *       before.max.ms              after.max.ms (1 h by default)
 * ```
 */
export function findTimestampRange(topic: TopicTarget, question: TimestampRangeQuestion): HazardFinding {
  const { guard, nowMs, overwritesTimes } = question
  if (overwritesTimes) return NO_FINDING
  const taken = takenRange(topic, nowMs)
  const refused = recordsOutside(topic, taken)
  if (refused.records === 0) return NO_FINDING
  if (guard === 'hold') return { hazards: [], holds: holdsOf(topic) }
  if (guard === 'drop') return { ...NO_FINDING, dropBefore: taken.first, dropAfter: taken.last }
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_TIMESTAMP_RANGE',
        blocks: true,
        message: `${topic.target} refuses times ${rangeText(taken)}: up to ${groupedCount(refused.records)} records would not be taken`,
        remedies: REMEDIES,
        details: { topic: topic.target, ...refused },
      },
    ],
  }
}

interface TakenRange {
  /** `undefined` where there is no limit. */
  readonly first: bigint | undefined
  readonly last: bigint | undefined
}

function takenRange(topic: TopicTarget, nowMs: bigint): TakenRange {
  const before = leastOf(topic, PAST_SETTINGS)
  const after = leastOf(topic, FUTURE_SETTINGS)
  return {
    first: before === undefined || before > nowMs ? undefined : nowMs - before,
    last: after === undefined || after > NO_LIMIT - nowMs ? undefined : nowMs + after,
  }
}

function leastOf(topic: TopicTarget, settings: readonly string[]): bigint | undefined {
  const limits = settings.flatMap((setting) => bigSetting(topic, setting) ?? [])
  return limits.reduce<bigint | undefined>(
    (least, limit) => (least === undefined || limit < least ? limit : least),
    undefined,
  )
}

/** The most records, and bytes of the log, that can lie outside; a section counts as soon as it may hold one. */
function recordsOutside(
  { streams }: TopicTarget,
  { first, last }: TakenRange,
): { readonly records: number; readonly bytes: number } {
  let [records, bytes] = [0, 0]
  for (const { slices, filter } of streams) {
    const { start, end } = filter.window
    const mayBeEarly = first !== undefined && (start === null || start < first)
    const mayBeLate = last !== undefined && (end === null || end > last)
    for (const { entry } of slices) {
      const isEarly = mayBeEarly && (entry.minTimestamp === null || entry.minTimestamp < first)
      const isLate = mayBeLate && (entry.maxTimestamp ?? 0n) > last
      if (entry.records === 0 || !(isEarly || isLate)) continue
      records += entry.records
      bytes += entry.logBytes
    }
  }
  return { records, bytes }
}

function holdsOf(topic: TopicTarget): HazardFinding['holds'] {
  const settings = [...new Set([...PAST_SETTINGS, ...FUTURE_SETTINGS])]
  return settings
    .filter((setting) => (bigSetting(topic, setting) ?? NO_LIMIT) < NO_LIMIT)
    .map((setting) => ({
      setting,
      heldValue: NO_LIMIT.toString(),
      previousValue: overrideOf(topic, setting),
      until: 'end' as const,
    }))
}

function rangeText({ first, last }: TakenRange): string {
  const parts = [
    ...(first === undefined ? [] : [`before ${isoTime(first)}`]),
    ...(last === undefined ? [] : [`after ${isoTime(last)}`]),
  ]
  return parts.join(' and ')
}

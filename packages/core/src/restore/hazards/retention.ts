import { groupedCount } from '../../text/grouped-count.ts'
import type { RestoreGuards } from '../restore-options.ts'
import type { Hazard } from '../restore-plan.ts'
import { bigSetting, overrideOf, type TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { optionRemedies } from './remedy.ts'

const FOREVER = '-1'
const HOLD = { hold: 'raises the retention of the topic until somebody puts it back' }
const ACCEPT = { accept: 'lets the broker delete them' }
const TOO_OLD = optionRemedies('guards.retention', { ...HOLD, drop: 'leaves them out', ...ACCEPT })
const TOO_LARGE = optionRemedies('guards.retention', { ...HOLD, ...ACCEPT })

export interface RetentionQuestion {
  readonly guard: RestoreGuards['retention']
  /** The clock by which the brokers decide what is old. */
  readonly nowMs: bigint
  /** Whether the target gives the records its own times: then none is old. */
  readonly overwritesTimes: boolean
}

/** Whether the brokers would delete restored records, by age or by size, as soon as they are there. */
export function findRetention(topic: TopicTarget, { guard, nowMs, overwritesTimes }: RetentionQuestion): HazardFinding {
  const deletes = (topic.settingOf('cleanup.policy') ?? 'delete')
    .split(',')
    .some((policy) => policy.trim() === 'delete')
  if (!deletes) return NO_FINDING
  const cutoff = overwritesTimes ? undefined : cutoffOf(topic, nowMs)
  const byAge = cutoff === undefined ? NONE_OLD : recordsBefore(topic, cutoff)
  const bySize = bytesAboveLimit(topic)
  if (byAge.records === 0 && bySize === 0n) return NO_FINDING
  if (guard === 'accept') return NO_FINDING
  if (guard === 'hold') return { hazards: [], holds: [hold(topic, 'retention.ms'), hold(topic, 'retention.bytes')] }
  if (guard === 'drop' && bySize === 0n) return { ...NO_FINDING, dropBefore: cutoff }
  return {
    holds: [],
    hazards: [...(byAge.records > 0 ? [tooOld(topic, byAge)] : []), ...(bySize > 0n ? [tooLarge(topic, bySize)] : [])],
  }
}

/** Records before this time are older than the topic keeps them; `undefined` where it keeps all. */
function cutoffOf(topic: TopicTarget, nowMs: bigint): bigint | undefined {
  const retentionMs = bigSetting(topic, 'retention.ms')
  return retentionMs === undefined || retentionMs < 0n ? undefined : nowMs - retentionMs
}

interface OldRecords {
  readonly records: number
  /** Those of them that are in sections whose least time is unknown, and whose greatest is not old. */
  readonly unsure: number
}

const NONE_OLD: OldRecords = { records: 0, unsure: 0 }

/** The most records that can be older; a section whose least time is unknown counts as soon as it may hold one. */
function recordsBefore({ streams }: TopicTarget, cutoff: bigint): OldRecords {
  let records = 0
  let unsure = 0
  for (const { slices, filter } of streams) {
    if (filter.window.start !== null && filter.window.start >= cutoff) continue
    for (const { entry } of slices) {
      const mayHoldOlder = entry.minTimestamp === null || entry.minTimestamp < cutoff
      if (!mayHoldOlder) continue
      records += entry.records
      if (entry.minTimestamp === null && (entry.maxTimestamp ?? cutoff) >= cutoff) unsure += entry.records
    }
  }
  return { records, unsure }
}

/** By how much the largest partition exceeds `retention.bytes`, which counts by partition; 0 where it does not. */
function bytesAboveLimit(topic: TopicTarget): bigint {
  const limit = bigSetting(topic, 'retention.bytes')
  if (limit === undefined || limit < 0n) return 0n
  const largest = topic.streams
    .map(({ slices }) => slices.reduce((sum, { entry }) => sum + BigInt(entry.logBytes), 0n))
    .reduce((most, bytes) => (bytes > most ? bytes : most), 0n)
  return largest > limit ? largest - limit : 0n
}

function hold(topic: TopicTarget, setting: string) {
  return { setting, heldValue: FOREVER, previousValue: overrideOf(topic, setting), until: 'release' } as const
}

function tooOld(topic: TopicTarget, { records, unsure }: OldRecords): Hazard {
  const retention = durationText(bigSetting(topic, 'retention.ms') ?? 0n)
  const doubt =
    unsure === 0
      ? ''
      : `; the least times of ${groupedCount(unsure)} are not known, because they were backed up with index_timestamps: lazy`
  return {
    code: 'KB_HAZARD_RETENTION',
    blocks: true,
    message: `${topic.target}: up to ${groupedCount(records)} records are older than retention.ms (${retention}) and would be deleted${doubt}`,
    remedies: TOO_OLD,
    details: { topic: topic.target, records, unsure },
  }
}

function tooLarge(topic: TopicTarget, bytes: bigint): Hazard {
  return {
    code: 'KB_HAZARD_RETENTION',
    blocks: true,
    message: `${topic.target}: a partition exceeds retention.bytes by ${groupedCount(bytes)} bytes, its oldest records would be deleted`,
    remedies: TOO_LARGE,
    details: { topic: topic.target, bytes },
  }
}

function durationText(ms: bigint): string {
  const units = [
    ['d', 86_400_000n],
    ['h', 3_600_000n],
    ['min', 60_000n],
    ['s', 1_000n],
  ] as const
  const unit = units.find(([, length]) => ms >= length && ms % length === 0n)
  return unit === undefined ? `${ms} ms` : `${ms / unit[1]} ${unit[0]}`
}

import {
  type GroupPlan,
  type Hazard,
  inexactPositions,
  partitionName,
  type RestorePlan,
  type TopicPlan,
} from '@kbackup/core'
import { remedyLine } from './remedy-text.ts'
import { snakeCaseKeys } from './snake-case-keys.ts'
import { isoTime } from './time-text.ts'

/** The topics of a plan for programs. */
export function topicData(topic: TopicPlan): object {
  return {
    source: topic.source,
    target: topic.target,
    preparation: topic.preparation,
    partitions: topic.partitions,
    records: topic.records,
    records_exact: topic.exact,
    records_present: topic.recordsPresent,
    log_bytes: topic.logBytes,
    stored_bytes: topic.storedBytes,
    sections_read: topic.sectionsRead,
    sections_total: topic.sectionsTotal,
  }
}

/** A group of a plan for programs, with each position. */
export function plannedGroupData(group: GroupPlan): object {
  const { groupId, lastMovedAtMs, isSkipped, isReported, positions, withoutPosition } = group
  return {
    group: groupId,
    last_moved_at: lastMovedAtMs === null ? null : isoTime(lastMovedAtMs),
    skipped: isSkipped,
    only_reported: isReported,
    exact_positions: positions.length - inexactPositions(group).length,
    positions: positions.map((position) => ({
      partition: partitionName(position),
      source_offset: position.offset,
      known: position.kind,
      observed_at: isoTime(position.observedAtMs),
      next: nextData(position.next),
    })),
    without_position: withoutPosition.map(partitionName),
  }
}

/** What was seen next of a position that is not exact. */
export function nextData(next: GroupPlan['positions'][number]['next']): object | null {
  return next === null ? null : { source_offset: next.offset, observed_at: isoTime(next.observedAtMs) }
}

/** A hazard for programs, with its remedies in the words of a configuration. */
export function hazardData({ code, blocks, message, remedies, details }: Hazard): object {
  return {
    code,
    blocks,
    message,
    remedies: remedies.map((remedy) => ({ remedy: remedyLine(remedy), is_destructive: remedy.isDestructive })),
    details: snakeCaseKeys(details),
  }
}

/** A window as numbers, which the guides show, and as text. */
export function timeRangeData({ start, end }: RestorePlan['window']): object {
  return {
    start: start === null ? null : Number(start),
    end: end === null ? null : Number(end),
    start_iso: start === null ? null : isoTime(start),
    end_iso: end === null ? null : isoTime(end),
  }
}

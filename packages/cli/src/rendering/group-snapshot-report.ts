import {
  type GroupSnapshot,
  type OffsetRollbackResult,
  partitionName,
  type SnapshotDifference,
  type TakenSnapshot,
} from '@kbackup/core'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { countOf } from './quantity-text.ts'
import { takeBackLines } from './take-back-text.ts'
import { isoTime } from './time-text.ts'

const SHOWN_POSITIONS = 50

/** One snapshot with its positions. */
export function snapshotReport(snapshot: GroupSnapshot): Report {
  return { text: () => snapshotText(snapshot), data: () => snapshotData(snapshot) }
}

/** A snapshot that was just taken. */
export function takenReport(snapshot: TakenSnapshot): Report {
  const notInCluster = snapshot.notInCluster.map(({ groupId }) => groupId)
  return {
    text: () => snapshotText(snapshot),
    data: () => ({ ...snapshotData(snapshot), not_in_cluster: notInCluster }),
  }
}

/** What it means that a group was named which the cluster does not have. */
export function notInClusterText({ groupId, close }: TakenSnapshot['notInCluster'][number]): string {
  const meant = close.length === 0 ? '' : `; did you mean ${close.join(', ')}?`
  return `the cluster has no consumer group ${groupId}${meant} It is in the snapshot without positions: a rollback deletes those that it gets`
}

/** What `kbackup offset-rollback list` prints. */
export function snapshotListReport(snapshots: readonly GroupSnapshot[]): Report {
  const rows = snapshots.map((snapshot) => [
    snapshot.snapshotId,
    isoTime(snapshot.takenAtMs),
    kindText(snapshot),
    countOf(snapshot.groups.length, 'group'),
    snapshot.description ?? '',
  ])
  const header = ['snapshot', 'taken', 'kind', 'groups', 'description']
  return {
    text: () =>
      rows.length === 0 ? 'There are no snapshots of groups.' : alignColumns([header, ...rows], '').join('\n'),
    data: () => ({ snapshots: snapshots.map(summaryData) }),
  }
}

/** What `kbackup offset-rollback rollback` prints. */
export function rollbackReport({ snapshot, changed, resetId, recovered }: OffsetRollbackResult): Report {
  const groups = new Set(changed.map(({ groupId }) => groupId)).size
  return {
    text: () =>
      [
        changed.length === 0
          ? `All groups stand as in ${snapshot.snapshotId} already.`
          : `Brought ${countOf(groups, 'consumer group')} back to ${snapshot.snapshotId}, and read all positions back.`,
        ...differenceLines(changed, changeText),
        ...takeBackLines(resetId),
      ].join('\n'),
    data: () => ({
      snapshot_id: snapshot.snapshotId,
      reset_id: resetId,
      changed: changed.map(differenceData),
      recovered: recovered.map((reset) => ({ reset_id: reset.resetId, outcome: reset.outcome })),
    }),
  }
}

/** What `kbackup offset-rollback verify` prints. */
export function verificationReport(snapshotId: string, differences: readonly SnapshotDifference[]): Report {
  return {
    text: () =>
      differences.length === 0
        ? `All groups stand as in ${snapshotId}.`
        : [
            `${countOf(differences.length, 'position')} otherwise than in ${snapshotId}:`,
            ...differenceLines(differences, standsText),
          ].join('\n'),
    data: () => ({
      snapshot_id: snapshotId,
      matches: differences.length === 0,
      differences: differences.map(differenceData),
    }),
  }
}

export function deletedReport(snapshotId: string): Report {
  return { text: () => `Deleted ${snapshotId}.`, data: () => ({ snapshot_id: snapshotId, deleted: true }) }
}

function snapshotText(snapshot: GroupSnapshot): string {
  const facts = [
    ['Snapshot:', snapshot.snapshotId],
    ['Taken:', isoTime(snapshot.takenAtMs)],
    ['Kind:', kindText(snapshot)],
    ['Cluster:', snapshot.clusterId],
    ...(snapshot.description === null ? [] : [['Description:', snapshot.description]]),
  ]
  return [...alignColumns(facts, ''), ...snapshot.groups.flatMap(groupLines)].join('\n')
}

function kindText({ kind, finished }: GroupSnapshot): string {
  return finished ? kind : `${kind} (cut short)`
}

function groupLines({ groupId, offsets, absent }: GroupSnapshot['groups'][number]): readonly string[] {
  const rows = [
    ...offsets.map((each) => [partitionName(each), String(each.offset)]),
    ...absent.map((each) => [partitionName(each), 'none']),
  ]
  const more = rows.length > SHOWN_POSITIONS ? [`    and ${rows.length - SHOWN_POSITIONS} more`] : []
  const head = `Group: ${groupId}  (${rows.length === 0 ? 'no positions' : countOf(rows.length, 'position')})`
  return ['', head, ...alignColumns(rows.slice(0, SHOWN_POSITIONS)), ...more]
}

function changeText({ found, wanted }: SnapshotDifference): string {
  return `${found ?? 'none'} → ${wanted ?? 'none'}`
}

function standsText({ found, wanted }: SnapshotDifference): string {
  return `${found ?? 'none'} now, ${wanted ?? 'none'} in the snapshot`
}

function differenceLines(
  differences: readonly SnapshotDifference[],
  textOf: (difference: SnapshotDifference) => string,
): readonly string[] {
  const rows = differences.map((each) => [each.groupId, partitionName(each), textOf(each)])
  const more = rows.length > SHOWN_POSITIONS ? [`  and ${rows.length - SHOWN_POSITIONS} more`] : []
  return [...alignColumns(rows.slice(0, SHOWN_POSITIONS)), ...more]
}

function differenceData(each: SnapshotDifference): object {
  return { group: each.groupId, partition: partitionName(each), snapshot_offset: each.wanted, found_offset: each.found }
}

function summaryData({ snapshotId, takenAtMs, kind, finished, clusterId, description, groups }: GroupSnapshot): object {
  return {
    snapshot_id: snapshotId,
    taken_at: isoTime(takenAtMs),
    kind,
    finished,
    cluster_id: clusterId,
    description,
    groups: groups.length,
  }
}

function snapshotData(snapshot: GroupSnapshot): object {
  return {
    ...summaryData(snapshot),
    groups: snapshot.groups.map(({ groupId, offsets, absent }) => ({
      group: groupId,
      positions: offsets.map((each) => ({
        partition: partitionName(each),
        offset: each.offset,
        metadata: each.metadata,
      })),
      absent: absent.map(partitionName),
    })),
  }
}

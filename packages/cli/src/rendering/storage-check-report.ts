import type { PromiseCheck, RightCheck, StorageCheckReport } from '@kbackup/core/testing'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { bytesText, countOf } from './quantity-text.ts'

/** What `kbackup storage check` prints. */
export function storageCheckReport(report: StorageCheckReport): Report {
  return { text: () => reportText(report), data: () => reportData(report) }
}

function reportText(report: StorageCheckReport): string {
  const { storage, role, fit, rights, promises, notLookedAt, leftKeys } = report
  return [
    `Check of ${storage} for a ${role}`,
    ...section('rights', rights.map(rightRow)),
    ...section('promises', promises.map(promiseRow)),
    ...(notLookedAt === null ? [] : [`  ! ${notLookedAt}`]),
    ...section('speed', speedRows(report)),
    ...section('place', placeRows(report)),
    ...(leftKeys.length === 0
      ? []
      : [`! ${countOf(leftKeys.length, 'object')} of this check could not be removed: ${leftKeys.join(', ')}`]),
    fit ? verdict(report) : '✗ Not fit for archives.',
  ].join('\n')
}

function verdict({ role, notLookedAt }: StorageCheckReport): string {
  return notLookedAt === null ? '✓ Fit for archives.' : `✓ Fit for a ${role}, as far as was looked at.`
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : [title, ...alignColumns(rows)]
}

function rightRow({ call, isNeeded, outcome, failure }: RightCheck): readonly string[] {
  if (outcome === 'allowed') return ['✓', call, isNeeded ? '' : 'not needed']
  return [isNeeded ? '✗' : '–', call, isNeeded ? `${outcome}: ${failure}` : `${outcome}, and not needed`]
}

function promiseRow({ name, failure }: PromiseCheck): readonly string[] {
  return [failure === null ? '✓' : '✗', name, failure ?? '']
}

function speedRows({ operations, throughput }: StorageCheckReport): readonly (readonly string[])[] {
  const rows = operations.map(({ operation, calls, p50Ms, p99Ms }) => {
    return [operation, `p50 ${p50Ms} ms`, `p99 ${p99Ms} ms`, countOf(calls, 'call')]
  })
  if (throughput === null) return rows
  const { putBytesPerSecond, getBytesPerSecond } = throughput
  return [...rows, ['one stream', `${bytesText(putBytesPerSecond)}/s up`, `${bytesText(getBytesPerSecond)}/s down`, '']]
}

function placeRows({ clockSkewMs, facts }: StorageCheckReport): readonly (readonly string[])[] {
  const clock =
    clockSkewMs === null
      ? []
      : [['clock', `${clockSkewMs} ms`, 'how far it is ahead of this machine; nothing is decided by it']]
  const settings = (facts ?? []).map(({ name, value, meaning, endangers }) => [
    name,
    value,
    endangers ? `✗ ${meaning}` : meaning,
  ])
  return [...clock, ...settings]
}

function reportData(report: StorageCheckReport): object {
  const { storage, role, fit, rights, promises, notLookedAt, operations, throughput, clockSkewMs, facts, leftKeys } =
    report
  return {
    storage,
    role,
    fit,
    rights: rights.map(({ call, isNeeded, outcome, failure }) => ({ call, needed: isNeeded, outcome, failure })),
    promises: promises.map(({ name, failure }) => ({ name, kept: failure === null, failure })),
    not_looked_at: notLookedAt,
    operations: operations.map(({ operation, calls, p50Ms, p99Ms }) => ({
      operation,
      calls,
      p50_ms: p50Ms,
      p99_ms: p99Ms,
    })),
    throughput: throughput && {
      put_bytes_per_second: throughput.putBytesPerSecond,
      get_bytes_per_second: throughput.getBytesPerSecond,
    },
    clock_skew_ms: clockSkewMs,
    facts,
    left_keys: leftKeys,
  }
}

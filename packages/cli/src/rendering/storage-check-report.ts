import type { PromiseCheck, RightCheck, StorageCheckReport } from '@kbackup/core/testing'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { bytesText, countOf } from './quantity-text.ts'
import { PROMISE_WORDS } from './storage-check-words.ts'
import { wrappedLines } from './wrapped-lines.ts'

/** What `kbackup storage check` prints. */
export function storageCheckReport(report: StorageCheckReport): Report {
  return { text: () => reportText(report), data: () => reportData(report) }
}

function reportText(report: StorageCheckReport): string {
  const { storage, role, promises, facts } = report
  const groups = groupsOf(promises)
  return [
    `Check of ${storage} for a ${role}`,
    ...section('What holds', groups.flatMap(heldLines)),
    ...section('What does not hold, and what it means here', [
      ...groups.flatMap(brokenLines),
      ...(facts ?? []).filter(({ endangers }) => endangers).map(({ name, meaning }) => `  ✗ ${name}: ${meaning}`),
    ]),
    ...section('What could not be tried, because the store failed in passing', groups.flatMap(untriedLines)),
    ...section(`Rights of a ${role}`, rightLines(report)),
    ...section('Speed', alignColumns(speedRows(report))),
    ...section('The place', alignColumns(placeRows(report))),
    ...leftLines(report),
    verdict(report),
  ]
    .flatMap(wrappedLines)
    .join('\n')
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines]
}

type Group = readonly [PromiseCheck['group'], readonly PromiseCheck[]]

function groupsOf(promises: readonly PromiseCheck[]): readonly Group[] {
  const names = new Set(promises.map(({ group }) => group))
  return Array.from(names, (name) => [name, promises.filter(({ group }) => group === name)])
}

function heldLines([group, promises]: Group): readonly string[] {
  return promises.every(({ failure }) => failure === null) ? [`  ✓ ${PROMISE_WORDS[group].held}`] : []
}

function brokenLines([group, promises]: Group): readonly string[] {
  const broken = promises.filter(({ failure, couldNotBeTried }) => failure !== null && !couldNotBeTried)
  if (broken.length === 0) return []
  const { held, broken: meaning } = PROMISE_WORDS[group]
  return [`  ✗ not so: ${held}; ${meaning}`, ...broken.map(({ name, failure }) => `      ${name}: ${failure}`)]
}

function untriedLines([group, promises]: Group): readonly string[] {
  const untried = promises.filter(({ couldNotBeTried }) => couldNotBeTried)
  const [first] = untried
  return first === undefined
    ? []
    : [
        `  ! ${PROMISE_WORDS[group].held}: ${untried.length} of ${countOf(promises.length, 'case')}, with ${first.failure}`,
      ]
}

function rightLines({ rights, notLookedAt }: StorageCheckReport): readonly string[] {
  const needed = rights.filter(({ isNeeded }) => isNeeded)
  const missing = needed.filter(({ outcome }) => outcome !== 'allowed')
  const spare = rights.filter(({ isNeeded, outcome }) => !isNeeded && outcome === 'allowed')
  return [
    ...(missing.length === 0 ? [`  ✓ all ${needed.length} kinds of calls that it needs are allowed`] : []),
    ...missing.map(missingLine),
    ...(spare.length === 0 ? [] : [`  • allowed, though it needs none of it: ${callsOf(spare)}`]),
    ...(notLookedAt === null ? [] : [`  ! ${notLookedAt}`]),
  ]
}

function missingLine({ call, outcome, failure }: RightCheck): string {
  return `  ✗ ${call}: ${outcome === 'forbidden' ? 'forbidden' : 'failed'}: ${failure}`
}

function callsOf(rights: readonly RightCheck[]): string {
  return rights.map(({ call }) => call).join(', ')
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
  return [...clock, ...(facts ?? []).map(({ name, value, meaning }) => [name, value, meaning])]
}

function leftLines({ role, folder, leftKeys }: StorageCheckReport): readonly string[] {
  if (leftKeys.length === 0) return []
  const why = role === 'cleaner' ? 'could not be removed' : `stay, since a ${role} may not delete`
  return [`! ${countOf(leftKeys.length, 'object')} of this check ${why}: remove what lies below ${folder}`]
}

function verdict({ role, fit, notLookedAt, promises }: StorageCheckReport): string {
  if (fit && notLookedAt === null) return '✓ Fit for archives.'
  if (fit) return `✓ Fit for a ${role}, as far as was looked at.`
  const isBroken = promises.some(({ failure, couldNotBeTried }) => failure !== null && !couldNotBeTried)
  const isUntried = promises.some(({ couldNotBeTried }) => couldNotBeTried)
  return isUntried && !isBroken
    ? '✗ Not known to be fit for archives: run the check again when the store answers reliably.'
    : '✗ Not fit for archives.'
}

function reportData(report: StorageCheckReport): object {
  const { storage, role, folder, fit, rights, promises, notLookedAt, operations } = report
  const { throughput, clockSkewMs, facts, leftKeys } = report
  return {
    storage,
    role,
    folder,
    fit,
    rights: rights.map(({ call, isNeeded, outcome, failure }) => ({ call, needed: isNeeded, outcome, failure })),
    promises: promises.map(({ name, group, failure, couldNotBeTried }) => ({
      name,
      group,
      kept: failure === null,
      could_not_be_tried: couldNotBeTried,
      failure,
    })),
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

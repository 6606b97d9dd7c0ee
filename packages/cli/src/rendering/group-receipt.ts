import { partitionName, type RestoreReceipt } from '@kbackup/core'
import { alignColumns } from './columns.ts'
import { countOf } from './quantity-text.ts'
import { isoTime } from './time-text.ts'

type GroupReport = RestoreReceipt['groups'][number]
type Position = GroupReport['positions'][number]

/** One line a group: what became of it, and how well its positions are known and translated. */
export function groupLines(groups: readonly GroupReport[]): readonly string[] {
  if (groups.length === 0) return []
  return ['', 'Consumer Groups:', ...alignColumns(groups.map(groupCells)), ...groups.flatMap(unknownLines)]
}

/** The same for programs. */
export function groupData({ groupId, outcome, reason, positions }: GroupReport): object {
  return {
    group: groupId,
    outcome,
    reason,
    positions: positions.map(({ source, known, observedAtMs, translation }) => ({
      partition: partitionName(source),
      source_offset: source.offset,
      known,
      observed_at: isoTime(observedAtMs),
      translation: translation.kind,
      ...(translation.kind === 'unknown'
        ? { reason: translation.reason }
        : { target: partitionName(translation.target), target_offset: translation.target.offset }),
    })),
  }
}

function groupCells({ groupId, outcome, reason, positions }: GroupReport): readonly string[] {
  const translations = counted(positions.map(({ translation }) => translation.kind))
  const known = counted(positions.map(({ known: how }) => how))
  return [
    groupId,
    reason === null ? outcome : `${outcome} (${reason})`,
    countOf(positions.length, 'position'),
    `translated: ${translations}`,
    `known: ${known}`,
  ]
}

function unknownLines({ groupId, positions }: GroupReport): readonly string[] {
  return positions.flatMap((position) => unknownLine(groupId, position))
}

function unknownLine(groupId: string, { source, translation }: Position): readonly string[] {
  if (translation.kind !== 'unknown') return []
  return [
    `  ${groupId} keeps its position in ${partitionName(source)}: offset ${source.offset} is ${translation.reason}`,
  ]
}

function counted(words: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ') || 'none'
}

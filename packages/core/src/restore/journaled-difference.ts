import { partitionName } from '../kafka/topic-partition.ts'
import type { BeginEntry } from './journal-head.ts'
import { journaledWindow } from './restore-history.ts'
import type { RestoreRequest } from './restore-request.ts'
import type { SelectedTopic } from './stream-selection.ts'
import { windowText } from './time-window.ts'

const SHOWN_STREAMS = 3

export interface ComparedRequest {
  readonly request: RestoreRequest
  readonly selected: readonly SelectedTopic[]
}

/** What a restore is told otherwise than the one in a journal was, as sentences for people. */
export function journaledDifferences(begin: BeginEntry, { request, selected }: ComparedRequest): readonly string[] {
  const asked = selected.flatMap(({ streams }) => streams).map(nameOf)
  const begun = begin.streams.map(nameOf)
  const differences = [
    ...windowDifference(begin, request),
    ...namesOnly('it was not begun with', asked, begun),
    ...namesOnly('it was begun with', begun, asked),
  ]
  return differences.length > 0 ? differences : ['the guards that leave out records differ']
}

function windowDifference(begin: BeginEntry, { window, guards }: RestoreRequest): readonly string[] {
  const begun = journaledWindow(begin)
  // A guard that drops old records moves the start.
  const isSameStart = begun.start === window.start || guards.retention === 'drop'
  if (isSameStart && begun.end === window.end) return []
  return [`it was begun for ${windowText(begun)}, and is now to be for ${windowText(window)}`]
}

function namesOnly(what: string, here: readonly string[], there: readonly string[]): readonly string[] {
  const only = here.filter((name) => !there.includes(name))
  if (only.length === 0) return []
  const shown = only.slice(0, SHOWN_STREAMS).join(', ')
  return [`${what} ${shown}${only.length > SHOWN_STREAMS ? ` and ${only.length - SHOWN_STREAMS} more` : ''}`]
}

function nameOf({ source, target }: BeginEntry['streams'][number]): string {
  return `${partitionName(source)} → ${partitionName(target)}`
}

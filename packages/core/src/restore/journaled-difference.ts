import type { BeginEntry } from './journal-head.ts'
import type { RestoreRequest } from './restore-request.ts'
import type { RestoreStream } from './restore-stream.ts'
import { type SelectedTopic, streamName } from './stream-selection.ts'
import { windowText } from './time-window.ts'

const SHOWN_STREAMS = 3

export interface ComparedRequest {
  readonly request: RestoreRequest
  readonly selected: readonly SelectedTopic[]
}

/** What a restore is told otherwise than the one in a journal was, as sentences for people. */
export function journaledDifferences(begin: BeginEntry, { request, selected }: ComparedRequest): readonly string[] {
  const streams = selected.flatMap((topic) => topic.streams)
  const differences = [...windowDifferences(begin, streams, request), ...streamDifferences(begin, selected)]
  return differences.length > 0 ? differences : [OTHERWISE]
}

/** Which partitions go elsewhere, or are part of only one of the two; nothing where all is sent where it was. */
export function streamDifferences({ streams }: BeginEntry, selected: readonly SelectedTopic[]): readonly string[] {
  const asked = selected.flatMap((topic) => topic.streams.map(streamName))
  const begun = streams.map(streamName)
  return [...namesOnly('it was not begun with', asked, begun), ...namesOnly('it was begun with', begun, asked)]
}

const OTHERWISE =
  'the guards that leave out records, the offsets, the keys, the headers that are added, or whether only missing records are restored differ'

function windowDifferences(
  { streams }: BeginEntry,
  asked: readonly RestoreStream[],
  { guards }: RestoreRequest,
): readonly string[] {
  const windows = new Map(asked.map((stream) => [streamName(stream), stream.filter.window]))
  const texts = streams.flatMap((stream) => {
    const begun = stream.filter.window
    const now = windows.get(streamName(stream))
    // A guard that drops old records moves the start.
    const isSameStart = begun.start === now?.start || guards.retention === 'drop'
    if (now === undefined || (isSameStart && begun.end === now.end)) return []
    return [`it was begun for ${windowText(begun)}, and is now to be for ${windowText(now)}`]
  })
  return [...new Set(texts)].slice(0, SHOWN_STREAMS)
}

function namesOnly(what: string, here: readonly string[], there: readonly string[]): readonly string[] {
  const only = here.filter((name) => !there.includes(name))
  if (only.length === 0) return []
  const shown = only.slice(0, SHOWN_STREAMS).join(', ')
  return [`${what} ${shown}${only.length > SHOWN_STREAMS ? ` and ${only.length - SHOWN_STREAMS} more` : ''}`]
}

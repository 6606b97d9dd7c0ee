import { restorableRange } from '../backup/restorable-range.ts'
import { isoTime } from '../config/iso-time.ts'
import { selectTopics } from '../config/topic-selection.ts'
import type { RestoreRequest } from './restore-request.ts'
import type { RestoreSession } from './restore-session.ts'
import { archivedDataTopics } from './source-selection.ts'

/** What a person may have meant otherwise: it can be done, but not as it reads. */
export function requestNotes(session: RestoreSession, request: RestoreRequest): readonly string[] {
  return [...endBeyondArchive(session, request), ...patternsOfNothing(session, request)]
}

/** A backup that ended before the moment that is asked for cannot give what came between. */
function endBeyondArchive({ view }: RestoreSession, { window }: RestoreRequest): readonly string[] {
  const { latest } = restorableRange(view.state)
  if (window.end === null || latest === null || window.end <= latest) return []
  return [
    `the archive knows its source only up to ${isoTime(latest)}, and the window ends at ${isoTime(window.end)}: ` +
      'what was written in between is not in it',
  ]
}

/** A pattern that matches nothing beside one that does is no error, but seldom what was meant. */
function patternsOfNothing({ view }: RestoreSession, { topics }: RestoreRequest): readonly string[] {
  const { unmatchedPatterns } = selectTopics(topics, archivedDataTopics(view.state))
  return unmatchedPatterns.map((pattern) => `no topic of the archive matches ${pattern}`)
}

import type { RunEvent } from '@kbackup/core'
import type { EventLine } from '../rendering/run-event-line.ts'
import type { Log } from './log.ts'
import type { ProgressView } from './progress-view.ts'

/** Where the events of a run are shown. */
export interface EventScreen {
  readonly log: Log
  readonly progress: ProgressView
}

/** Shows events of a run as they come: progress as progress, all else as lines of the log. */
export function eventListener<Event extends RunEvent>(
  { log, progress }: EventScreen,
  lineOf: (event: Event) => EventLine,
): (event: Event) => void {
  return (event) => {
    if (event.type === 'progress') return progress.update(event)
    const { level, text } = lineOf(event)
    log[level](text, { event })
  }
}

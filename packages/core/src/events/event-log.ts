import { jsonValue } from '../json/json-value.ts'
import type { Logger } from './logger.ts'
import type { RunEvent } from './run-event.ts'

type Level = keyof Logger

const LEVELS: { readonly [Type in RunEvent['type']]?: Level } = {
  'run-start': 'info',
  'topic-start': 'info',
  'topic-end': 'info',
  'commit-end': 'info',
  'lineage-start': 'info',
  'restore-begin': 'info',
  'group-wait': 'warn',
  'group-reset-end': 'info',
  'group-capture-end': 'info',
  'partition-failed': 'error',
  'partition-gap': 'warn',
  warning: 'warn',
  hazard: 'warn',
  retry: 'warn',
  'run-end': 'info',
}

/** Writes an event to a logger, at the level that its type deserves; progress is not logged. */
export function logEvent(logger: Logger, event: RunEvent): void {
  if (event.type === 'progress') return
  const failed = event.type === 'run-end' && event.outcome === 'failed'
  const level = failed ? 'error' : (LEVELS[event.type] ?? 'debug')
  const message = 'message' in event ? event.message : event.type
  logger[level](fieldsOf(event), message)
}

/** Many loggers throw at a bigint. */
function fieldsOf({ type, ...fields }: RunEvent): object {
  return jsonValue({ event: type, ...fields })
}

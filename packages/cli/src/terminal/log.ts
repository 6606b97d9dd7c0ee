import { jsonText } from '../rendering/data-format.ts'

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const LOG_FORMATS = ['text', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** What a command tells its user beside its data. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: object) => void>>

export interface LogOptions {
  readonly level: LogLevel
  readonly format: LogFormat
  readonly writeLine: (line: string) => void
  readonly nowMs: () => number
}

/** Lines such as `[INFO] …`, or of JSON with time, level, message and fields. */
export function createLog(options: LogOptions): Log {
  const lowest = LOG_LEVELS.indexOf(options.level)
  const writer =
    (level: LogLevel) =>
    (message: string, fields: object = {}) => {
      if (LOG_LEVELS.indexOf(level) <= lowest) options.writeLine(lineOf(options, { level, message, fields }))
    }
  return { error: writer('error'), warn: writer('warn'), info: writer('info'), debug: writer('debug') }
}

interface Entry {
  readonly level: LogLevel
  readonly message: string
  readonly fields: object
}

function lineOf({ format, nowMs }: LogOptions, { level, message, fields }: Entry): string {
  if (format === 'json') return jsonText({ time: new Date(nowMs()).toISOString(), level, msg: message, ...fields })
  return `[${level.toUpperCase()}] ${message}`
}

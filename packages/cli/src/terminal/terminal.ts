import { KbackupError } from '@kbackup/core'
import { DATA_FORMATS } from '../rendering/data-format.ts'
import { createLog, LOG_FORMATS, LOG_LEVELS, type Log, type LogLevel } from './log.ts'
import { type BarStream, progressBar } from './progress-bar.ts'
import { progressLines } from './progress-lines.ts'
import type { ProgressView } from './progress-view.ts'
import type { TextSink } from './text-sink.ts'

const RED = '\u001b[31m'
const PLAIN = '\u001b[39m'

/** What a terminal is made from. */
export interface TerminalOptions {
  readonly argv: readonly string[]
  readonly stderr: TextSink
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly ports: { readonly nowMs: () => number }
}

/** Everything that goes to stderr. */
export interface Terminal {
  readonly log: Log
  readonly progress: ProgressView
  writeFailure(failure: { readonly text: string; readonly json: string; readonly stack: string | undefined }): void
}

/**
 * The stderr of a run. How it looks is taken from the arguments before they are parsed, so that an error in the arguments
 * looks as all others do.
 */
export function terminalFor({ argv, stderr, environment, ports }: TerminalOptions): Terminal {
  const level = wordOf(argv, '--log-level', LOG_LEVELS) ?? levelOf(environment)
  const format = wordOf(argv, '--log-format', LOG_FORMATS) ?? 'text'
  const isJson = format === 'json' || wordOf(argv, '--format', DATA_FORMATS) === 'json'
  const writeLine = (line: string) => void stderr.write(`${line}\n`)
  const bar = format === 'text' && isTerminal(stderr) ? progressBar(stderr) : undefined
  const log = createLog({ level, format, nowMs: ports.nowMs, writeLine: bar?.writeLine ?? writeLine })
  const progress = bar ?? progressLines({ writeLine, report: log.info })
  const paint = painter(argv, stderr, environment)
  return {
    log,
    progress,
    writeFailure: ({ text, json, stack }) => {
      stderr.write(`${isJson ? json : paint(text)}\n`)
      if (stack !== undefined) log.debug(stack)
    },
  }
}

function isTerminal(sink: TextSink): sink is BarStream {
  return sink.isTTY === true && 'on' in sink
}

function wordOf<Word extends string>(argv: readonly string[], flag: string, words: readonly Word[]): Word | undefined {
  const index = argv.findIndex((argument) => argument === flag || argument.startsWith(`${flag}=`))
  const argument = argv[index]
  const value = argument === flag ? argv[index + 1] : argument?.slice(flag.length + 1)
  return words.find((word) => word === value)
}

function levelOf({ KBACKUP_LOG: value }: Readonly<Record<string, string | undefined>>): LogLevel {
  if (value === undefined || value === '') return 'info'
  const level = LOG_LEVELS.find((candidate) => candidate === value.toLowerCase())
  return level ?? 'info'
}

/** The level that the environment asks for, where it is none. */
export function assertLogLevel({ KBACKUP_LOG: value }: Readonly<Record<string, string | undefined>>): void {
  if (value === undefined || value === '' || LOG_LEVELS.some((level) => level === value.toLowerCase())) return
  throw new KbackupError('KB_USAGE', {
    message: `the environment variable KBACKUP_LOG is '${value}'`,
    hint: `set it to one of ${LOG_LEVELS.join(', ')}`,
  })
}

function painter(
  argv: readonly string[],
  stderr: TextSink,
  { NO_COLOR }: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const isPlain = argv.includes('--no-color') || (NO_COLOR !== undefined && NO_COLOR !== '') || stderr.isTTY !== true
  return (text) => (isPlain ? text : text.replace(/^error [A-Z_]+:/, (head) => RED + head + PLAIN))
}

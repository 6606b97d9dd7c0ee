import { setMaxListeners } from 'node:events'
import { closeNames, KbackupError } from '@kbackup/core'
import { CommanderError } from 'commander'
import { Interruption } from './interruption.ts'
import type { CliPorts } from './ports/cli-ports.ts'
import { buildProgram } from './program.ts'
import { type Failure, failureJson, failureOf, failureText } from './rendering/error-text.ts'
import { type Terminal, terminalFor } from './terminal/terminal.ts'
import type { TextSink } from './terminal/text-sink.ts'

const HELP = 'kbackup --help shows the commands, kbackup <command> --help their options'

/** A run of the command line, with everything that it touches. */
export interface CliRun {
  /** Without the interpreter and the script. */
  readonly argv: readonly string[]
  readonly stdout: TextSink
  readonly stderr: TextSink
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Interrupts the command; it ends what it does and answers 130. */
  readonly signal: AbortSignal
  readonly ports: CliPorts
  /** How long an interrupted command may take to end in order; 20 seconds where absent. */
  readonly stopTimeoutMs?: number | undefined
}

/**
 * Runs one command and gives its exit status: 0 ok, 1 failed, 2 usage or configuration, 3 a plan has blockers, 4 damage
 * found, 130 interrupted. Data goes to stdout, everything else to stderr. Never rejects.
 */
export async function runCli(run: CliRun): Promise<number> {
  // Every request in flight listens to it, and Node.js would warn of more than ten on stderr.
  setMaxListeners(0, run.signal)
  const terminal = terminalFor(run)
  const interruption = new Interruption(run)
  let exitStatus = 0
  const program = buildProgram(run, terminal, {
    setExitStatus: (status) => {
      exitStatus = status
    },
    onInterruption: interruption.onInterruption,
  })
  try {
    await interruption.bound(program.parseAsync([...run.argv], { from: 'user' }))
    return exitStatus
  } catch (error) {
    return reportFailure(interruption.explain(error), run.argv, terminal)
  } finally {
    terminal.progress.stop()
  }
}

function reportFailure(error: unknown, argv: readonly string[], terminal: Terminal): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  const failure = failureOf(usageError(error, argv))
  terminal.progress.stop()
  terminal.writeFailure({ text: failureText(failure), json: failureJson(failure), stack: stackOf(failure) })
  return failure.exitStatus
}

/** What commander finds wrong with the arguments is a usage error like any other. */
function usageError(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error
  if (error.code === 'commander.help')
    return new KbackupError('KB_USAGE', { message: 'no command was given', hint: HELP })
  const [message = '', ...suggestions] = error.message.replace(/^error: /, '').split('\n')
  return new KbackupError('KB_USAGE', {
    message,
    hint:
      suggestions.join(' ').replace(/^\(|\)$/g, '') ||
      mistypedFlag(message, argv) ||
      'kbackup --help shows the commands, kbackup <command> --help their options',
  })
}

/** Commander looks for what is missing before it looks at what it does not know. */
function mistypedFlag(message: string, argv: readonly string[]): string | undefined {
  const [, missing] = /^required option '(--[\w-]+)/.exec(message) ?? []
  const flags = argv.filter((argument) => argument.startsWith('--')).map((argument) => argument.replace(/=.*/s, ''))
  const mistyped = missing === undefined ? undefined : flags.find((flag) => closeNames(flag, [missing]).length > 0)
  return mistyped === undefined || mistyped === missing ? undefined : `${mistyped}: did you mean ${missing}?`
}

function stackOf({ code, stack }: Failure): string | undefined {
  return code === 'KB_CONFIG_INVALID' || code === 'KB_USAGE' ? undefined : stack
}

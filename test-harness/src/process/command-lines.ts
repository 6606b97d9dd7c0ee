import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { guardWithParent } from './parent-guard.ts'
import type { CommandOptions } from './run-command.ts'

const REMEMBERED_ERROR_LINES = 50

/**
 * Runs a command and yields the lines of its standard output while it runs, no faster than they are taken.
 *
 * Leaving the loop early ends the command.
 *
 * @throws Error with the end of its standard error, when it ends otherwise than with status 0.
 */
export async function* commandLines(
  command: string,
  args: readonly string[],
  options: Omit<CommandOptions, 'input'> = {},
): AsyncGenerator<string> {
  options.signal?.throwIfAborted()
  const { cwd, env, signal } = options
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  })
  const closed = once(child, 'close')
  // Observed at the end; until then a failure to start must not count as unhandled.
  closed.catch(() => undefined)
  const release = child.pid === undefined ? undefined : guardWithParent({ kill: child.pid })
  const complaints: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    complaints.push(line)
    if (complaints.length > REMEMBERED_ERROR_LINES) complaints.shift()
  })
  try {
    yield* createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })
    await closed
    signal?.throwIfAborted()
    if (child.exitCode === 0) return
    throw new Error(`${command} ended with ${child.exitCode ?? child.signalCode}:\n${complaints.join('\n')}`)
  } finally {
    child.kill('SIGKILL')
    release?.()
  }
}

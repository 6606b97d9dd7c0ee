import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { guardWithParent } from './parent-guard.ts'

/** What a command that ended with status 0 wrote. */
export interface CommandOutput {
  readonly stdout: string
  readonly stderr: string
}

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string | undefined
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Written to the standard input, which is closed after it. */
  readonly input?: string | undefined
  /** Ends the command with `SIGKILL`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a command to its end.
 *
 * @throws Error with the end of what it wrote, when the command cannot be started or ends otherwise than with status 0.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutput> {
  options.signal?.throwIfAborted()
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: options.signal,
    killSignal: 'SIGKILL',
  })
  const release = child.pid === undefined ? undefined : guardWithParent({ kill: child.pid })
  try {
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
    const closed = once(child, 'close')
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), closed])
    if (child.exitCode !== 0)
      throw new Error(failure(command, args, child.exitCode ?? child.signalCode, stderr || stdout))
    return { stdout, stderr }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error
  } finally {
    release?.()
  }
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

function failure(command: string, args: readonly string[], status: string | number | null, output: string): string {
  return `${command} ${args.join(' ').slice(0, 300)} ended with ${status}:\n${output.slice(-4_000)}`
}

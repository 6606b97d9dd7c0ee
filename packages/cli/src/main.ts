#!/usr/bin/env node
import { KbackupError } from '@kbackup/core'
import { endProcess } from './end-process.ts'
import { systemPorts } from './ports/system-ports.ts'
import { runCli } from './run-cli.ts'

const interruption = new AbortController()

/** The first signal ends the command in order; the second one kills the process, as it would have without us. */
function interrupt(signal: 'SIGINT' | 'SIGTERM'): void {
  process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt)
  process.stderr.write(`\n${signal}: stopping; once more kills\n`)
  interruption.abort(
    new KbackupError('KB_INTERRUPTED', { message: `the run was interrupted by ${signal}`, details: { signal } }),
  )
}

process.once('SIGINT', interrupt)
process.once('SIGTERM', interrupt)

/** A reader that has gone, such as `head`, is no fault of ours. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}

process.stdout.on('error', ignoreClosedPipe)
process.stderr.on('error', ignoreClosedPipe)

const exitStatus = await runCli({
  argv: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: interruption.signal,
  ports: systemPorts,
})

await Promise.all([flushed(process.stdout), flushed(process.stderr)])
await endProcess(exitStatus)

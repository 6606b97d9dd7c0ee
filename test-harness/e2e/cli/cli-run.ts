import { systemPorts } from '../../../packages/cli/src/ports/system-ports.ts'
import { runCli } from '../../../packages/cli/src/run-cli.ts'

/** What a run of the command line left behind. */
export interface CliOutcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `kbackup` with real adapters inside of this process, which saves a start of Node.js for each command. */
export async function kbackup(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliOutcome> {
  const written = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text
    },
  })
  const status = await runCli({
    argv,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    environment,
    signal: new AbortController().signal,
    ports: systemPorts,
  })
  return { status, ...written }
}

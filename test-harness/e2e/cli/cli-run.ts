import type { CliPorts } from '../../../packages/cli/src/ports/cli-ports.ts'
import { systemPorts } from '../../../packages/cli/src/ports/system-ports.ts'
import { runCli } from '../../../packages/cli/src/run-cli.ts'

/** What a run of the command line left behind. */
export interface CliOutcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `kbackup` with real adapters, or some of its own, inside of this process: that saves a start of Node.js. */
export async function kbackup(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  ports: Partial<CliPorts> = {},
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
    ports: { ...systemPorts, ...ports },
  })
  return { status, ...written }
}

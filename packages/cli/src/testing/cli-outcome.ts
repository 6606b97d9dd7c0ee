import type { BlobStore, KafkaCluster } from '@kbackup/core'
import type { CliPorts } from '../ports/cli-ports.ts'
import { type CliRun, runCli } from '../run-cli.ts'

/** What a run of the command line left behind. */
export interface CliOutcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line inside of this process, to its end. */
export async function cliOutcome(run: Pick<CliRun, 'argv' | 'ports'> & Partial<CliRun>): Promise<CliOutcome> {
  const written = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text
    },
  })
  const status = await runCli({
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    environment: {},
    signal: new AbortController().signal,
    ...run,
  })
  return { status, ...written }
}

/** What a command works with in place of servers; the folders of an archive where it is asked for them. */
export interface CliParts {
  readonly store: BlobStore
  readonly cluster: KafkaCluster
  readonly folderNames?: CliPorts['folderNames']
}

/** Runs a command line without servers; its words are separated by single spaces, or given one by one. */
export function memoryOutcome(
  words: string | readonly string[],
  { store, cluster, folderNames = async () => ['payments'] }: CliParts,
  overrides: Partial<CliRun> = {},
): Promise<CliOutcome> {
  const argv = typeof words === 'string' ? words.split(' ') : words
  const ports = { openStore: () => store, folderNames, connect: () => cluster, nowMs: Date.now }
  return cliOutcome({ argv, ports, ...overrides })
}

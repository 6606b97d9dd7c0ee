import type { BlobStore, KafkaCluster } from '@kbackup/core'
import type { CliPorts } from '../ports/cli-ports.ts'
import { type CliRun, runCli } from '../run-cli.ts'

/** What a command left behind. */
export interface CliOutcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** What a command works with in place of servers; the folders of an archive where it is asked for them. */
export interface CliParts {
  readonly store: BlobStore
  readonly cluster: KafkaCluster
  readonly folderNames?: CliPorts['folderNames']
}

/** Runs a command line, whose words are separated by single spaces or given one by one, to its end. */
export async function cliOutcome(
  words: string | readonly string[],
  { store, cluster, folderNames = async () => ['payments'] }: CliParts,
  overrides: Partial<CliRun> = {},
): Promise<CliOutcome> {
  const written = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text
    },
  })
  const status = await runCli({
    argv: typeof words === 'string' ? words.split(' ') : words,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    environment: {},
    signal: new AbortController().signal,
    ports: { openStore: () => store, folderNames, connect: () => cluster, nowMs: Date.now },
    ...overrides,
  })
  return { status, ...written }
}

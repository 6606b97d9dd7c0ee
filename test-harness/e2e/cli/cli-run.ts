import type { CliPorts } from '../../../packages/cli/src/ports/cli-ports.ts'
import { systemPorts } from '../../../packages/cli/src/ports/system-ports.ts'
import { type CliOutcome, cliOutcome } from '../../../packages/cli/src/testing/cli-outcome.ts'

/** Runs `kbackup` with real adapters, or some of its own, inside of this process: that saves a start of Node.js. */
export function kbackup(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  ports: Partial<CliPorts> = {},
): Promise<CliOutcome> {
  return cliOutcome({ argv, environment, ports: { ...systemPorts, ...ports } })
}

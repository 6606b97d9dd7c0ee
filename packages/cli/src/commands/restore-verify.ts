import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import type { Bind } from '../program.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { proofReport } from '../rendering/proof-report.ts'
import { configureRestore } from './configured-restore.ts'
import { configOption, formatOption, givenConfig, timeOptions } from './shared-options.ts'

interface VerifyFlags {
  readonly config: string
  readonly timeStart?: string | undefined
  readonly timeEnd?: string | undefined
  readonly format?: DataFormat | undefined
}

interface VerifyOptions extends VerifyFlags {
  readonly verified: string
}

const EXAMPLES = `
Examples:
  kbackup restore verify 20261120T143012Z-1f3a9c --config restore.yaml
  kbackup restore verify 20261120T143012Z-1f3a9c --config restore.yaml --format json

The configuration is the one that the restore was run with; restore.verify says how much is read back.`

/** `kbackup restore verify` */
export function restoreVerifyCommand(bind: Bind): Command {
  const run = bind(verify)
  const command = new Command('verify')
    .description('Read back what a restore wrote to its target, and compare it with the archive. Writes nothing.')
    .argument('<restore_id>', 'the restore, as its receipt names it')
    .addOption(configOption().makeOptionMandatory(false))
    .addOption(formatOption(['text', 'json', 'yaml']))
  for (const option of timeOptions()) command.addOption(option)
  return command.addHelpText('after', EXAMPLES).action((verified: string, _flags: object, inner: Command) => {
    // Options that the command around this one has as well, commander gives to that one.
    const { config, timeStart, timeEnd, format }: Partial<VerifyFlags> = inner.optsWithGlobals()
    return run({ verified, config: givenConfig(command, { config }), timeStart, timeEnd, format })
  })
}

async function verify({ verified, ...options }: VerifyOptions, context: CommandContext): Promise<number> {
  const configured = await configureRestore(options, context)
  await using restore = configured.restore
  const proof = await restore.verify(verified, { signal: context.signal })
  printReport(context, proofReport(verified, proof))
  return 0
}

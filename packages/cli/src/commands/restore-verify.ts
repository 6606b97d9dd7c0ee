import { createRestore, type ProofDepth } from '@kbackup/core'
import { Command, Option } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import type { Bind } from '../program.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { proofReport } from '../rendering/proof-report.ts'
import { groupPlaceOptions } from './group-options.ts'
import { connectGroups, type GroupPlaceOptions, openGroupPlace } from './group-place.ts'
import { innerOptions } from './inner-options.ts'
import { formatOption } from './shared-options.ts'

interface VerifyFlags extends GroupPlaceOptions {
  readonly verify?: ProofDepth | undefined
  readonly format?: DataFormat | undefined
}

interface VerifyOptions extends VerifyFlags {
  readonly restoreId: string
}

const EXAMPLES = `
Examples:
  kbackup restore verify 20261120T143012Z-1f3a9c --path ./backups --backup-id payments
  kbackup restore verify 20261120T143012Z-1f3a9c --config restore.yaml --verify full --format json

What the restore was told, and the brokers that it went to, are in its journal: these are read, unless --bootstrap-servers or the
configuration names others. A configuration is needed for what no journal
holds: passwords and certificates.`

/** `kbackup restore verify` */
export function restoreVerifyCommand(bind: Bind): Command {
  const run = bind(verify)
  const command = new Command('verify')
    .description('Read back what a restore wrote to its target, and compare it with the archive.')
    .argument('<restore_id>', 'the restore, as its receipt names it')
  for (const option of groupPlaceOptions()) command.addOption(option)
  return command
    .addOption(
      new Option('--verify <depth>', 'how much is read back; as configured, or by the amount, by default').choices([
        'sample',
        'full',
      ]),
    )
    .addOption(formatOption(['text', 'json', 'yaml']))
    .addHelpText('after', EXAMPLES)
    .action((restoreId: string, _flags: object, inner: Command) => {
      const flags = innerOptions<VerifyFlags>(inner)
      return run({ ...flags, restoreId })
    })
}

async function verify(options: VerifyOptions, context: CommandContext): Promise<number> {
  const { restoreId } = options
  const opened = await openGroupPlace(options, context)
  const { target } = await connectGroups(opened, options, context)
  const { location, backupId } = opened.place
  const storage = await context.ports.openStore(location)
  const restoring = opened.loaded?.config.restore
  await using restore = createRestore({
    storage,
    backupId,
    target,
    verify: options.verify ?? restoring?.verify,
    maxMemoryBytes: restoring?.max_memory_bytes,
    maxConcurrentPartitions: restoring?.max_concurrent_partitions,
  })
  printReport(context, proofReport(restoreId, await restore.verify(restoreId, { signal: context.signal })))
  return 0
}

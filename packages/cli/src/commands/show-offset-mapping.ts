import { openArchive } from '@kbackup/core'
import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { pathDirectory } from '../options/storage-location.ts'
import type { Bind } from '../program.ts'
import { offsetMappingReport } from '../rendering/offset-mapping-report.ts'
import { type ArchiveOptions, backupIdOption, formatOption, pathOption } from './shared-options.ts'

const EXAMPLES = `
Examples:
  kbackup show-offset-mapping --path ./backups --backup-id payments
  kbackup show-offset-mapping --path ./backups --backup-id payments --format csv`

/** `kbackup show-offset-mapping` */
export function showOffsetMappingCommand(bind: Bind): Command {
  return new Command('show-offset-mapping')
    .description('Show which offsets of each partition an archive holds, and how to reset a group to them.')
    .addOption(pathOption())
    .addOption(backupIdOption())
    .addOption(formatOption(['text', 'json', 'yaml', 'csv']))
    .addHelpText('after', EXAMPLES)
    .action(bind(showOffsetMapping))
}

async function showOffsetMapping({ path, backupId }: ArchiveOptions, context: CommandContext): Promise<number> {
  const store = context.ports.openStore(pathDirectory(path))
  const archive = await openArchive(store, backupId, { signal: context.signal })
  printReport(context, offsetMappingReport(archive))
  return 0
}

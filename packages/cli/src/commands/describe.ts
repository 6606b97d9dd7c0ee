import { openArchive } from '@kbackup/core'
import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { pathDirectory } from '../options/storage-location.ts'
import type { Bind } from '../program.ts'
import { archiveReport } from '../rendering/archive-report.ts'
import { type ArchiveOptions, backupIdOption, formatOption, pathOption } from './shared-options.ts'

const EXAMPLES = `
Examples:
  kbackup describe --path ./backups --backup-id payments
  kbackup describe --path ./backups --backup-id payments --format json | jq .time_range`

/** `kbackup describe` */
export function describeCommand(bind: Bind): Command {
  return new Command('describe')
    .description('Show what an archive holds: its time range, topics and consumer groups.')
    .addOption(pathOption())
    .addOption(backupIdOption())
    .addOption(formatOption(['text', 'json', 'yaml']))
    .addHelpText('after', EXAMPLES)
    .action(bind(describe))
}

async function describe({ path, backupId }: ArchiveOptions, context: CommandContext): Promise<number> {
  const store = context.ports.openStore(pathDirectory(path))
  const archive = await openArchive(store, backupId, { signal: context.signal })
  for (const warning of archive.warnings) context.log.warn(warning.message)
  printReport(context, archiveReport(store.name, archive))
  return 0
}

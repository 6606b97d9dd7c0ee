import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import type { Bind } from '../program.ts'
import { archiveReport } from '../rendering/archive-report.ts'
import { type ArchiveOptions, archivePlace, backupIdOption, formatOption, pathOption } from './shared-options.ts'
import { archiveAt } from './stored-archives.ts'

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

async function describe(options: ArchiveOptions, context: CommandContext): Promise<number> {
  const place = archivePlace(options)
  const archive = await archiveAt(place, context)
  for (const warning of archive.warnings) context.log.warn(warning.message)
  printReport(context, archiveReport((await context.ports.openStore(place.location)).name, archive))
  return 0
}

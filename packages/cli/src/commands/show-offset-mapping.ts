import type { Archive, ArchivedRestore } from '@kbackup/core'
import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import type { Bind } from '../program.ts'
import { archivedOffsetsReport } from '../rendering/archived-offsets-report.ts'
import type { Report } from '../rendering/data-format.ts'
import { offsetMappingReport } from '../rendering/offset-mapping-report.ts'
import { type ArchiveOptions, archivePlace, backupIdOption, formatOption, pathOption } from './shared-options.ts'
import { archiveAt } from './stored-archives.ts'

const EXAMPLES = `
Examples:
  kbackup show-offset-mapping --path ./backups --backup-id payments
  kbackup show-offset-mapping --path ./backups --backup-id payments --format csv
  kbackup show-offset-mapping --path ./backups --backup-id payments --restore-id 20261120T143012Z-1f3a9c`

interface ShowOptions extends ArchiveOptions {
  readonly restoreId?: string | undefined
}

/** `kbackup show-offset-mapping` */
export function showOffsetMappingCommand(bind: Bind): Command {
  return new Command('show-offset-mapping')
    .description('Show where the records of a restore stand: offsets of the source, and offsets of the target.')
    .addOption(pathOption())
    .addOption(backupIdOption())
    .option('--restore-id <id>', 'the restore; the newest one that is finished where absent')
    .addOption(formatOption(['text', 'json', 'yaml', 'csv']))
    .addHelpText('after', EXAMPLES)
    .action(bind(showOffsetMapping))
}

async function showOffsetMapping(options: ShowOptions, context: CommandContext): Promise<number> {
  const archive = await archiveAt(archivePlace(options), context)
  printReport(context, await reportOf(archive, options, context))
  return 0
}

/** The newest restore that is finished, or the one that is asked for; without any, the side of the source alone. */
async function reportOf(archive: Archive, { restoreId }: ShowOptions, { signal }: CommandContext): Promise<Report> {
  const restores = await archive.restores({ signal })
  const isMeant = (known: ArchivedRestore) => (restoreId === undefined ? known.finished : known.restoreId === restoreId)
  const restore = restores.find(isMeant)
  if (restore !== undefined) {
    const map = await archive.offsetMap(restore.restoreId, { signal })
    return offsetMappingReport({ backupId: archive.backupId, restore, map })
  }
  // Rejects with the restores that there are.
  if (restoreId !== undefined) await archive.offsetMap(restoreId, { signal })
  return archivedOffsetsReport(archive)
}

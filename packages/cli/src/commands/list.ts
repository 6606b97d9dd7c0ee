import { ERROR_CODES } from '@kbackup/core'
import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { pathLocation } from '../options/path-location.ts'
import type { Bind } from '../program.ts'
import { archiveList } from '../rendering/archive-list.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { archiveAsPlace } from './archive-as-place.ts'
import { formatOption, pathOption } from './shared-options.ts'
import { folderNotFound, type StoredArchive, storedArchives } from './stored-archives.ts'

interface ListOptions {
  readonly path: string
  readonly format?: DataFormat | undefined
}

/** `kbackup list` */
export function listCommand(bind: Bind): Command {
  return new Command('list')
    .description('List the archives of a folder or a bucket.')
    .addOption(pathOption())
    .addOption(formatOption(['text', 'json', 'yaml', 'csv']))
    .addHelpText(
      'after',
      '\nExample:\n  kbackup list --path /var/lib/kbackup\n  kbackup list --path s3://kafka-backups/prod',
    )
    .action(bind(list))
}

async function list({ path }: ListOptions, context: CommandContext): Promise<number> {
  const location = pathLocation(path)
  const archives = await storedArchives(location, context)
  if (archives === undefined) throw folderNotFound(location)
  const nested = archives.length === 0 ? await archiveAsPlace(location, '--path', context) : undefined
  if (nested !== undefined) throw nested
  printReport(context, archiveList((await context.ports.openStore(location)).name, archives))
  return exitStatus(archives)
}

/** Damage wins over what could not be read for another reason. */
function exitStatus(archives: readonly StoredArchive[]): number {
  return Math.max(0, ...archives.map((found) => ('error' in found ? ERROR_CODES[found.error.code].exitStatus : 0)))
}

import { type ArchiveView, type BlobStore, openArchive } from '@kbackup/core'
import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { pathDirectory } from '../options/storage-location.ts'
import type { Bind } from '../program.ts'
import { archiveList } from '../rendering/archive-list.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { formatOption, pathOption } from './shared-options.ts'

interface ListOptions {
  readonly path: string
  readonly format?: DataFormat | undefined
}

/** `kbackup list` */
export function listCommand(bind: Bind): Command {
  return new Command('list')
    .description('List the archives of a folder.')
    .addOption(pathOption())
    .addOption(formatOption(['text', 'json', 'yaml', 'csv']))
    .addHelpText('after', '\nExample:\n  kbackup list --path /var/lib/kbackup')
    .action(bind(list))
}

async function list({ path }: ListOptions, context: CommandContext): Promise<number> {
  const store = context.ports.openStore(pathDirectory(path))
  const archives: ArchiveView[] = []
  for (const backupId of await archiveIds(store, context.signal)) {
    archives.push(await openArchive(store, backupId, { signal: context.signal }))
  }
  printReport(context, archiveList(store.name, archives))
  return 0
}

async function archiveIds(store: BlobStore, signal: AbortSignal): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { key } of store.list('', { signal })) {
    const match = /^([^/]+)\/archive\.json$/.exec(key)
    if (match?.[1] !== undefined) ids.push(match[1])
  }
  return ids
}

import { type Archive, chooseGroupsAt, type GroupPositions, noPositionsAt } from '@kbackup/core'
import { Command, Option } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { flagToMs } from '../options/time-flags.ts'
import type { Bind } from '../program.ts'
import { groupPositionsReport } from '../rendering/group-positions-report.ts'
import { groupsOption } from './group-options.ts'
import { type ArchiveOptions, archivePlace, backupIdOption, formatOption, pathOption } from './shared-options.ts'
import { archiveAt } from './stored-archives.ts'

interface ListOptions extends ArchiveOptions {
  readonly at?: string | undefined
  readonly groups?: readonly string[] | undefined
}

const EXAMPLES = `
Examples:
  kbackup groups list --path ./backups --backup-id payments
  kbackup groups list --path ./backups --backup-id payments --at 2026-11-20T14:29:59.999Z --groups 'payment-*'`

/** `kbackup groups` */
export function groupsCommand(bind: Bind): Command {
  const list = new Command('list')
    .description('List where archived consumer groups were at a moment, and how well that is known.')
    .addOption(pathOption())
    .addOption(backupIdOption())
    .addOption(
      new Option(
        '--at <time>',
        'the moment (ISO 8601 with an offset or Z, or epoch milliseconds); the newest by default',
      ),
    )
    .addOption(groupsOption())
    .addOption(formatOption(['text', 'json', 'yaml', 'csv']))
    .addHelpText('after', EXAMPLES)
    .action(bind(listGroups))
  return new Command('groups').description('Look at archived consumer groups.').addCommand(list)
}

async function listGroups(options: ListOptions, context: CommandContext): Promise<number> {
  const at = options.at === undefined ? undefined : flagToMs(options.at, '--at')
  const archive = await archiveAt(archivePlace(options), context)
  const found = await positionsOf(archive, options, { at, signal: context.signal })
  printReport(context, groupPositionsReport(archive.backupId, found))
  const reason = noPositionsAt({ view: archive, atMs: found.atMs, known: groupIdsOf(found) })
  if (reason !== undefined) context.log.warn(`${reason.message}; ${reason.hint}`)
  return 0
}

async function positionsOf(
  archive: Archive,
  { groups }: ListOptions,
  call: { readonly at: bigint | undefined; readonly signal: AbortSignal },
): Promise<GroupPositions> {
  const all = await archive.groups(call)
  if (groups === undefined) return all
  const wanted = new Set(chooseGroupsAt(groups, { view: archive, atMs: all.atMs, known: groupIdsOf(all) }))
  return { ...all, positions: all.positions.filter(({ groupId }) => wanted.has(groupId)) }
}

function groupIdsOf({ positions }: GroupPositions): readonly string[] {
  return [...new Set(positions.map(({ groupId }) => groupId))]
}

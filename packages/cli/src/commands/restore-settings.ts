import { type HeldRestoreOptions, type HeldSettingsReport, releaseRestore, undoRestore } from '@kbackup/core'
import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import type { Bind } from '../program.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { heldSettingsReport } from '../rendering/held-settings-report.ts'
import { groupPlaceOptions } from './group-options.ts'
import { connectGroups, type GroupPlaceOptions, openGroupPlace } from './group-place.ts'
import { assertNotDry, innerOptions } from './inner-options.ts'
import { formatOption } from './shared-options.ts'

interface SettingsFlags extends GroupPlaceOptions {
  readonly format?: DataFormat | undefined
}

interface SettingsOptions extends SettingsFlags {
  readonly restoreId: string
}

type Settle = (options: HeldRestoreOptions) => Promise<HeldSettingsReport>

interface Settling {
  readonly name: string
  readonly settle: Settle
}

const RELEASE_EXAMPLE = `
Example:
  kbackup restore release 20261120T143012Z-1f3a9c --config restore.yaml
  kbackup restore release 20261120T143012Z-1f3a9c --path ./backups --backup-id payments

The brokers are those of the configuration, else those that the restore went to by its journal. They then delete what is older than
the topic keeps. Settings that were changed since are left as they are.`

const UNDO_EXAMPLE = `
Example:
  kbackup restore undo 20261120T143012Z-1f3a9c --config restore.yaml
  kbackup restore undo 20261120T143012Z-1f3a9c --path ./backups --backup-id payments

The brokers are those of the configuration, else those that the restore went to by its journal. The records
that were restored stay. The same restore can still be run again: it goes on where it stands.`

/** `kbackup restore release` */
export function restoreReleaseCommand(bind: Bind): Command {
  return settingsCommand(bind, 'release', releaseRestore)
    .description('Give the topics of a finished restore the retention back that guards.retention: hold had raised.')
    .addHelpText('after', RELEASE_EXAMPLE)
}

/** `kbackup restore undo` */
export function restoreUndoCommand(bind: Bind): Command {
  return settingsCommand(bind, 'undo', undoRestore)
    .description('Put back the settings of topics that a restore changed which did not come to its end.')
    .addHelpText('after', UNDO_EXAMPLE)
}

function settingsCommand(bind: Bind, name: string, settle: Settle): Command {
  const run = bind<SettingsOptions>((options, context) =>
    settleSettings(options, context, { name: `restore ${name}`, settle }),
  )
  const command = new Command(name).argument('<restore_id>', 'the restore, as its receipt and its progress name it')
  for (const option of groupPlaceOptions()) command.addOption(option)
  return command
    .addOption(formatOption(['text', 'json', 'yaml']))
    .action((restoreId: string, _flags: object, inner: Command) =>
      run({ ...innerOptions<SettingsFlags>(inner), restoreId }),
    )
}

async function settleSettings(
  options: SettingsOptions,
  context: CommandContext,
  { name, settle }: Settling,
): Promise<number> {
  const found = await openGroupPlace(options, context)
  if (found.loaded !== undefined) assertNotDry(found.loaded, name)
  const { location, backupId } = found.place
  const storage = await context.ports.openStore(location)
  const connected = await connectGroups(found, options, context)
  await using target = connected.target
  const { restoreId } = options
  const report = await settle({ storage, backupId, target, restoreId, signal: context.signal })
  printReport(context, heldSettingsReport(report))
  return 0
}

import { type HeldRestoreOptions, type HeldSettingsReport, releaseRestore, undoRestore } from '@kbackup/core'
import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { loadConfig } from '../config/load-config.ts'
import { configuredLocation } from '../options/configured-location.ts'
import { connectCluster } from '../ports/connect-cluster.ts'
import type { Bind } from '../program.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { heldSettingsReport } from '../rendering/held-settings-report.ts'
import { assertNotDry, innerOptions } from './inner-options.ts'
import { configOption, formatOption, givenConfig } from './shared-options.ts'

interface SettingsFlags {
  readonly config: string
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

Brokers then delete what is older than the topic keeps. Settings that were changed since are left as they are.`

const UNDO_EXAMPLE = `
Example:
  kbackup restore undo 20261120T143012Z-1f3a9c --config restore.yaml

The records that were restored stay. The same restore can still be run again: it goes on where it stands.`

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
  return new Command(name)
    .argument('<restore_id>', 'the restore, as its receipt and its progress name it')
    .addOption(configOption().makeOptionMandatory(false))
    .addOption(formatOption(['text', 'json', 'yaml']))
    .action((restoreId: string, _flags: object, command: Command) => {
      const flags = innerOptions<Partial<SettingsFlags>>(command)
      return run({ ...flags, restoreId, config: givenConfig(command, flags) })
    })
}

async function settleSettings(
  { config: file, restoreId }: SettingsOptions,
  context: CommandContext,
  { name, settle }: Settling,
): Promise<number> {
  const loaded = await loadConfig(file, { mode: 'restore', environment: context.environment })
  assertNotDry(loaded, name)
  const { config } = loaded
  const storage = await context.ports.openStore(configuredLocation(config.storage))
  await using target = connectCluster(loaded, 'target', context.ports)
  const { signal } = context
  printReport(
    context,
    heldSettingsReport(await settle({ storage, backupId: config.backup_id, target, restoreId, signal })),
  )
  return 0
}

import { type BackupEvent, type BackupPlan, createBackup } from '@kbackup/core'
import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { loadConfig } from '../config/load-config.ts'
import { backupOptions } from '../options/backup-options.ts'
import { configuredLocation, pathSettingOf } from '../options/configured-location.ts'
import { connectCluster } from '../ports/connect-cluster.ts'
import type { Bind } from '../program.ts'
import { backupReport } from '../rendering/backup-report.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { backupEventLine } from '../rendering/run-event-line.ts'
import { eventListener } from '../terminal/event-screen.ts'
import { archiveAsPlace } from './archive-as-place.ts'
import { CommittedSoFar } from './interrupted-backup.ts'
import { configOption, formatOption, unsafeSingleWriterOption } from './shared-options.ts'

interface BackupCommandOptions {
  readonly config: string
  readonly dryRun?: boolean | undefined
  readonly unsafeSingleWriter?: boolean | undefined
  readonly format?: DataFormat | undefined
}

const EXAMPLES = `
Examples:
  kbackup backup --config backup.yaml
  kbackup backup --config backup.yaml --log-format json

A backup that was cut short, or that has run before, goes on from its last commit when the command is run again.`

/** `kbackup backup` */
export function backupCommand(bind: Bind): Command {
  return new Command('backup')
    .description('Back up topics and the positions of consumer groups.')
    .addOption(configOption())
    .option('--dry-run', 'plan and report, and write nothing')
    .addOption(unsafeSingleWriterOption())
    .addOption(formatOption(['text', 'json', 'yaml']))
    .addHelpText('after', EXAMPLES)
    .action(bind(runBackup))
}

async function runBackup(options: BackupCommandOptions, context: CommandContext): Promise<number> {
  const { log, progress, signal, ports } = context
  const loaded = await loadConfig(options.config, { mode: 'backup', environment: context.environment })
  const { config, notes } = loaded
  log.info('One-shot backup: takes what the topics hold at this moment, then ends')
  for (const note of notes) log.info(note)
  const location = configuredLocation(config.storage)
  const storage = await ports.openStore(location)
  const source = connectCluster(loaded, 'source', ports)
  const { unsafeSingleWriter } = options
  await using backup = createBackup(backupOptions(config, { storage, source, unsafeSingleWriter }))
  const nested = await archiveAsPlace(location, pathSettingOf(location), context)
  if (nested !== undefined) throw nested
  if (options.dryRun === true) return printPlan(await backup.plan({ signal }), context)
  const committed = new CommittedSoFar()
  context.onInterruption(() => String(committed))
  const show = eventListener(context, backupEventLine)
  const onEvent = (event: BackupEvent): void => {
    committed.take(event)
    show(event)
  }
  const result = await backup.run({ signal, onEvent })
  progress.stop()
  printReport(context, backupReport(storage.name, result))
  // The warnings say which partitions; what could be had is committed.
  return result.groups.offsetsTopic === 'incomplete' ? 1 : 0
}

function printPlan(plan: BackupPlan, context: CommandContext): number {
  printReport(context, { text: () => String(plan), data: () => plan })
  return 0
}

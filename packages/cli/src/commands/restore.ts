import { KbackupError, planText, type RestoreEvent, type RestorePlan } from '@kbackup/core'
import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import type { Bind } from '../program.ts'
import type { DataFormat, Report } from '../rendering/data-format.ts'
import { countOf } from '../rendering/quantity-text.ts'
import { receiptReport } from '../rendering/receipt-report.ts'
import { remedyLine } from '../rendering/remedy-text.ts'
import { restoreEventLine } from '../rendering/run-event-line.ts'
import { isoTime } from '../rendering/time-text.ts'
import { validationReport } from '../rendering/validation-report.ts'
import { eventListener } from '../terminal/event-screen.ts'
import {
  type ConfiguredRestore,
  configureRestore,
  planRestore,
  type RestoreCommandOptions,
} from './configured-restore.ts'
import { restoreReleaseCommand, restoreUndoCommand } from './restore-settings.ts'
import { restoreVerifyCommand } from './restore-verify.ts'
import { configOption, formatOption, givenConfig, timeOptions } from './shared-options.ts'
import { writeOffsetReport } from './written-offset-report.ts'

const PLAN_BLOCKED = 3

/** What the commands take that restore. */
export interface RestoreOptions extends RestoreCommandOptions {
  readonly dryRun?: boolean | undefined
  readonly format?: DataFormat | undefined
}

const EXAMPLES = `
Examples:
  kbackup restore --config restore.yaml --dry-run
  kbackup restore --config restore.yaml --time-end 2026-11-20T14:29:59.999Z
  kbackup restore --config restore.yaml --time-start 2026-11-20T15:00:00+01:00 --time-end 2026-11-20T15:30:00+01:00
  kbackup restore --config restore.yaml --only-missing --dry-run

A restore that was cut short goes on when the same command is run again, and writes nothing twice.`

/** `kbackup restore` */
export function restoreCommand(bind: Bind): Command {
  const run = bind(runRestore)
  const command = new Command('restore')
    .description('Restore topics, and consumer groups with them, to a moment.')
    .addOption(configOption().makeOptionMandatory(false))
    .addCommand(restoreReleaseCommand(bind))
    .addCommand(restoreUndoCommand(bind))
    .addCommand(restoreVerifyCommand(bind))
  return withRestoreOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((options: Partial<RestoreOptions>) => run({ ...options, config: givenConfig(command, options) }))
}

/** The options of a command that restores, beside its configuration. */
export function withRestoreOptions(command: Command): Command {
  return withPlanOptions(command.option('--dry-run', 'plan and report, and write nothing'))
}

/** What says what is restored, and as which restore. */
export function withPlanOptions(command: Command): Command {
  for (const option of timeOptions()) command.addOption(option)
  return command
    .option('--only-missing', 'of topics that hold records already, restore only those that they lack')
    .option('--restore-id <id>', 'resume exactly this restore; an error where the archive has none of that id')
    .option('--new', 'begin a new restore even where an unfinished one could be resumed')
    .option('--new-restore-id <id>', 'the id of the restore, if one is begun')
    .addOption(formatOption(['text', 'json', 'yaml']))
}

async function runRestore(options: RestoreOptions, context: CommandContext): Promise<number> {
  const configured = await configureRestore(options, context)
  await using _restore = configured.restore
  const plan = await planRestore(configured, context)
  const isDryRun = options.dryRun === true || configured.config.restore?.dry_run === true
  if (isDryRun || plan.blockers.length > 0) return printPlan(plan, context)
  return await runPlan(configured, plan, context)
}

/** Prints a plan that is not run. */
export function printPlan(plan: RestorePlan, context: CommandContext): number {
  const report: Report = { text: () => planText(plan, remedyLine), data: validationReport(plan).data }
  printReport(context, report)
  return plan.blockers.length === 0 ? 0 : PLAN_BLOCKED
}

/** Runs a plan to its end, and prints the receipt. */
export async function runPlan(
  configured: ConfiguredRestore,
  plan: RestorePlan,
  context: CommandContext,
): Promise<number> {
  const { log, progress, signal } = context
  announce(plan, context)
  let stand: RestoreStand = { restoreId: plan.resumes, records: 0 }
  context.onInterruption(() => interruptionText(stand))
  const listener = eventListener<RestoreEvent>(context, (event) => restoreEventLine(event, plan))
  const onEvent = (event: RestoreEvent) => {
    if (event.type === 'restore-begin') stand = { ...stand, restoreId: event.restoreId }
    if (event.type === 'progress') stand = { ...stand, records: event.records }
    listener(event)
  }
  const receipt = await configured.restore.run({ plan, signal, onEvent }).catch((error: unknown) => {
    throw blockedSince(error)
  })
  progress.stop()
  log.info('Restore completed')
  printReport(context, receiptReport(receipt))
  await writeOffsetReport(configured, receipt, context)
  return 0
}

interface RestoreStand {
  readonly restoreId: string | null
  readonly records: number
}

function interruptionText({ restoreId, records }: RestoreStand): string {
  if (restoreId === null) return 'nothing was restored yet; run the same command again'
  return (
    `restore ${restoreId} has restored ${countOf(records, 'record')} or more, which stay in the target; ` +
    'run the same command again to restore the rest'
  )
}

/** What came between plan and run. */
function blockedSince(error: unknown): unknown {
  if (!KbackupError.is(error, 'KB_PLAN_BLOCKED', 'KB_TARGET_NOT_EMPTY', 'KB_NO_DATA_IN_WINDOW')) return error
  const { code, message, details } = error
  const hint = 'this was not so when it was planned: run it again with --dry-run, which shows what settles it'
  return new KbackupError(code, { message, hint, details, cause: error })
}

function announce({ backupId, window, resumes }: RestorePlan, { log }: CommandContext): void {
  const isWindowed = window.start !== null || window.end !== null
  log.info(`Starting ${isWindowed ? 'PITR restore' : 'restore'} from: ${backupId}`)
  if (isWindowed) log.info(`Time window: ${windowText(window)}`)
  if (resumes !== null) log.info(`Going on with the unfinished restore ${resumes}`)
}

function windowText({ start, end }: RestorePlan['window']): string {
  return `${start === null ? 'the first record' : isoTime(start)} to ${end === null ? 'the last record' : isoTime(end)}`
}

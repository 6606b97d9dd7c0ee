import {
  createOffsetReset,
  type OffsetReset,
  type OffsetResetEvent,
  type OffsetResetPlan,
  offsetResetScript,
} from '@kbackup/core'
import { Command, Option } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { restoredSelection } from '../options/restore-options.ts'
import { flagToMs } from '../options/time-flags.ts'
import type { Bind } from '../program.ts'
import { nothingToSetText, setsAny } from '../rendering/nothing-to-set-text.ts'
import { recoveredText, resetPlanReport, resetResultReport } from '../rendering/offset-reset-report.ts'
import { countOf } from '../rendering/quantity-text.ts'
import {
  dataFormatOption,
  type GroupCommandOptions,
  groupPlaceOptions,
  groupsOption,
  settingOptions,
  waitMsOf,
} from './group-options.ts'
import { connectGroups, openGroupPlace } from './group-place.ts'
import { assertNotDry } from './inner-options.ts'

const PLAN_BLOCKED = 3
const NOT_ALL_SET = 1
const NOTHING_TO_SET_HINT = 'kbackup groups list shows what is archived of them; --at and --restore-id choose otherwise'
const SHOWN_MEMBERS = 3

interface ResetOptions extends GroupCommandOptions {
  readonly at?: string | undefined
}

const EXAMPLES = `
Examples:
  kbackup offset-reset plan --path ./backups --backup-id payments
  kbackup offset-reset execute --path ./backups --backup-id payments --groups 'payment-*' --wait-until-empty 5m
  kbackup offset-reset script --config restore.yaml > reset.sh

Brokers (unless --bootstrap-servers or the configuration names others), moment and offset map are those of the newest restore that has ended; with --config, of the newest that sent the
same partitions to the same places. All groups are set, or none.`

/** `kbackup offset-reset` */
export function offsetResetCommand(bind: Bind): Command {
  return new Command('offset-reset')
    .description('Set consumer groups to where they were at a moment, in what a restore has restored.')
    .addCommand(
      part('plan', 'Say where groups would be set, and what stands in the way. Writes nothing.')
        .addOption(dataFormatOption())
        .action(bind(plan)),
    )
    .addCommand(
      settingOptions()
        .reduce((command, option) => command.addOption(option), part('execute', 'Set groups, all of them or none.'))
        .addOption(dataFormatOption())
        .action(bind(execute)),
    )
    .addCommand(part('script', 'Print a shell script that does it with kafka-consumer-groups.sh.').action(bind(script)))
    .addHelpText('after', EXAMPLES)
}

function part(name: string, description: string): Command {
  const command = new Command(name).description(description)
  for (const option of [...groupPlaceOptions(), groupsOption()]) command.addOption(option)
  return command
    .addOption(
      new Option(
        '--restore-id <id>',
        'the restore whose offset map is used; the newest that has ended by default, with --config the newest like it',
      ),
    )
    .addOption(
      new Option('--at <time>', 'the moment of the positions; the end of the window of the restore by default'),
    )
}

async function plan(options: ResetOptions, context: CommandContext): Promise<number> {
  const { reset } = await configuredReset(options, context)
  await using _reset = reset
  const planned = await reset.plan({ signal: context.signal })
  printReport(context, resetPlanReport(planned))
  return planned.faults.length === 0 && isAllSet(planned, options, context) ? 0 : PLAN_BLOCKED
}

async function execute(options: ResetOptions, context: CommandContext): Promise<number> {
  const { reset } = await configuredReset(options, context, 'offset-reset execute')
  await using _reset = reset
  context.onInterruption(() => 'groups that were set were given back what they had; run the same command again')
  const result = await reset.run({ signal: context.signal, onEvent: (event) => logEvent(event, context) })
  printReport(context, resetResultReport(result))
  return isAllSet(result.plan, options, context) ? 0 : NOT_ALL_SET
}

async function script(options: ResetOptions, context: CommandContext): Promise<number> {
  const { reset, bootstrapServers } = await configuredReset(options, context)
  await using _reset = reset
  const planned = await reset.plan({ signal: context.signal })
  context.stdout.write(offsetResetScript(planned, { bootstrapServers }))
  return isAllSet(planned, options, context) ? 0 : NOT_ALL_SET
}

/** Whether something is set, and of the groups that are named none is left out; says what is not. */
function isAllSet(plan: OffsetResetPlan, { groups = [] }: ResetOptions, { log }: CommandContext): boolean {
  const text = nothingToSetText(plan)
  if (text !== undefined) log.warn(`${text} ${NOTHING_TO_SET_HINT}`)
  return setsAny(plan) && !plan.nothingToSet.some((groupId) => groups.includes(groupId))
}

interface ConfiguredReset {
  readonly reset: OffsetReset
  readonly bootstrapServers: readonly string[]
}

/** @param writer the name of a command that changes groups */
async function configuredReset(
  options: ResetOptions,
  context: CommandContext,
  writer?: string,
): Promise<ConfiguredReset> {
  const at = options.at === undefined ? undefined : flagToMs(options.at, '--at')
  const found = await openGroupPlace(options, context)
  if (found.loaded !== undefined && writer !== undefined) assertNotDry(found.loaded, writer)
  const restore = found.loaded?.config.restore
  const named = restore?.consumer_groups ?? []
  const { target, bootstrapServers } = await connectGroups(found, options, context)
  const reset = createOffsetReset({
    storage: await context.ports.openStore(found.place.location),
    backupId: found.place.backupId,
    target,
    restoreId: options.restoreId,
    restored: found.loaded === undefined ? undefined : restoredSelection(found.loaded.config),
    at: at ?? restore?.time_window_end,
    groups: options.groups ?? (named.length === 0 ? undefined : named),
    maxConcurrent: options.maxConcurrent,
    waitUntilEmptyMs: waitMsOf(options),
  })
  return { reset, bootstrapServers }
}

function logEvent(event: OffsetResetEvent, { log }: CommandContext): void {
  log.warn(event.type === 'reset-recovered' ? recoveredText(event.reset) : waitText(event))
}

function waitText({ groupId, members }: Extract<OffsetResetEvent, { readonly type: 'group-wait' }>): string {
  const shown = members.slice(0, SHOWN_MEMBERS).join(', ')
  return `waiting for ${groupId}: ${countOf(members.length, 'member')}, ${shown}; stop its consumers`
}

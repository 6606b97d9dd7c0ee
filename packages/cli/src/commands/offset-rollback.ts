import { createOffsetRollback, type OffsetRollback } from '@kbackup/core'
import { Command, Option } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import type { Bind } from '../program.ts'
import {
  deletedReport,
  notInClusterText,
  rollbackReport,
  snapshotListReport,
  snapshotReport,
  takenReport,
  verificationReport,
} from '../rendering/group-snapshot-report.ts'
import { recoveredText } from '../rendering/offset-reset-report.ts'
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

const DIFFERENT = 1
const NOT_THERE = 1

interface TakeOptions extends GroupCommandOptions {
  readonly description?: string | undefined
}

interface SnapshotOptions extends GroupCommandOptions {
  readonly snapshotId: string
}

const EXAMPLES = `
Examples:
  kbackup offset-rollback snapshot --path ./backups --backup-id payments --groups 'payment-*'
  kbackup offset-rollback list --path ./backups --backup-id payments
  kbackup offset-rollback rollback --path ./backups --backup-id payments --snapshot-id 20261120T143012Z-1f3a9c

Snapshots lie in the archive. What an offset-reset found before it began is listed with them, and can be brought back.
The brokers are those of --bootstrap-servers, else of the configuration, else those that the newest finished restore went to.`

/** `kbackup offset-rollback` */
export function offsetRollbackCommand(bind: Bind): Command {
  const command = new Command('offset-rollback')
    .description('Keep snapshots of where consumer groups stand, and bring groups back to them.')
    .addHelpText('after', EXAMPLES)
  const named = () => new Option('--snapshot-id <id>', 'the snapshot, or the reset').makeOptionMandatory()
  const parts = [
    part('snapshot', 'Write down where groups stand now; ends with 1 where the cluster lacks one that is named.', [
      groupsOption(),
      new Option('--description <text>', 'what it is for, for people'),
    ]).action(bind(take)),
    part('list', 'List the snapshots, newest first.', []).action(bind(list)),
    part('show', 'Show the positions of a snapshot.', [named()]).action(bind(show)),
    part('rollback', 'Bring groups back to a snapshot, all of them or none.', [
      named(),
      groupsOption(),
      ...settingOptions(),
    ]).action(bind(rollBack)),
    part('verify', 'Say whether groups stand as in a snapshot; ends with 1 where they do not.', [
      named(),
      groupsOption(),
    ]).action(bind(verify)),
    part('delete', 'Delete a snapshot.', [named()]).action(bind(remove)),
  ]
  for (const each of parts) command.addCommand(each)
  return command
}

function part(name: string, description: string, options: readonly Option[]): Command {
  const command = new Command(name).description(description)
  for (const option of [...groupPlaceOptions(), ...options, dataFormatOption()]) command.addOption(option)
  return command
}

async function take(options: TakeOptions, context: CommandContext): Promise<number> {
  await using positions = await livePositions(options, context)
  const { groups, description } = options
  const snapshot = await positions.snapshot({ groups, description, signal: context.signal })
  printReport(context, takenReport(snapshot))
  for (const missing of snapshot.notInCluster) context.log.warn(notInClusterText(missing))
  return snapshot.notInCluster.length === 0 ? 0 : NOT_THERE
}

async function list(options: GroupCommandOptions, context: CommandContext): Promise<number> {
  await using positions = await storedPositions(options, context)
  printReport(context, snapshotListReport(await positions.list({ signal: context.signal })))
  return 0
}

async function show(options: SnapshotOptions, context: CommandContext): Promise<number> {
  await using positions = await storedPositions(options, context)
  printReport(context, snapshotReport(await positions.show(options.snapshotId, { signal: context.signal })))
  return 0
}

async function rollBack(options: SnapshotOptions, context: CommandContext): Promise<number> {
  await using positions = await livePositions(options, context, 'offset-rollback rollback')
  const { groups, snapshotId } = options
  context.onInterruption(() => 'groups that were set were given back what they had; run the same command again')
  const result = await positions.rollback(snapshotId, { groups, signal: context.signal })
  for (const reset of result.recovered) context.log.warn(recoveredText(reset))
  printReport(context, rollbackReport(result))
  return 0
}

async function verify(options: SnapshotOptions, context: CommandContext): Promise<number> {
  await using positions = await livePositions(options, context)
  const { groups, snapshotId } = options
  const differences = await positions.verify(snapshotId, { groups, signal: context.signal })
  printReport(context, verificationReport(snapshotId, differences))
  return differences.length === 0 ? 0 : DIFFERENT
}

async function remove(options: SnapshotOptions, context: CommandContext): Promise<number> {
  await using positions = await storedPositions(options, context)
  await positions.delete(options.snapshotId, { signal: context.signal })
  printReport(context, deletedReport(options.snapshotId))
  return 0
}

async function storedPositions(options: GroupCommandOptions, context: CommandContext): Promise<OffsetRollback> {
  const { place } = await openGroupPlace(options, context)
  return createOffsetRollback({ storage: await context.ports.openStore(place.location), backupId: place.backupId })
}

/** @param writer the name of a command that changes groups */
async function livePositions(
  options: GroupCommandOptions,
  context: CommandContext,
  writer?: string,
): Promise<OffsetRollback> {
  const found = await openGroupPlace(options, context)
  if (found.loaded !== undefined && writer !== undefined) assertNotDry(found.loaded, writer)
  const { target } = await connectGroups(found, options, context)
  return createOffsetRollback({
    storage: await context.ports.openStore(found.place.location),
    backupId: found.place.backupId,
    target,
    maxConcurrent: options.maxConcurrent,
    waitUntilEmptyMs: waitMsOf(options),
  })
}

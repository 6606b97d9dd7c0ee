import type { RestorePlan } from '@kbackup/core'
import { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import type { Bind } from '../program.ts'
import { countOf } from '../rendering/quantity-text.ts'
import { PLACE_AS_HERE } from '../rendering/take-back-text.ts'
import { configureRestore, planRestore } from './configured-restore.ts'
import { keepPositions } from './kept-positions.ts'
import { printPlan, type RestoreOptions, runPlan, withRestoreOptions } from './restore.ts'
import { configOption } from './shared-options.ts'

const EXAMPLES = `
Examples:
  kbackup three-phase-restore --config restore.yaml --dry-run
  kbackup three-phase-restore --config restore.yaml

Phase 1 keeps where the groups stand in the target, phase 2 restores, phase 3 sets the groups. A run that was cut short goes on
when the same command is run again, with what phase 1 has kept.`

/** `kbackup three-phase-restore` */
export function threePhaseRestoreCommand(bind: Bind): Command {
  const command = new Command('three-phase-restore').description(
    'Keep where consumer groups stand, restore, and set the groups: all that a moment takes.',
  )
  return withRestoreOptions(command.addOption(configOption()))
    .addHelpText('after', EXAMPLES)
    .action(bind(runThreePhases))
}

/** A plan of the phases, which writes nothing: the snapshot of the first one neither. */
function printPhases(plan: RestorePlan, context: CommandContext): number {
  const { log } = context
  const count = plan.groups.length
  const groups = countOf(count, 'consumer group')
  log.info(
    plan.resumes === null
      ? `Phase 1 of 3 would keep where ${groups} ${count === 1 ? 'stands' : 'stand'} in the target, as a snapshot in the archive (offset-rollback list)`
      : 'Phase 1 of 3 was done before the restore was begun that goes on, or would be done first',
  )
  log.info(`Phase 2 of 3 would restore records, then phase 3 would set ${groups}`)
  return printPlan(plan, context)
}

async function runThreePhases(options: RestoreOptions, context: CommandContext): Promise<number> {
  const configured = await configureRestore({ ...options, needsGroups: true }, context)
  await using _restore = configured.restore
  const plan = await planRestore(configured, context)
  const isDryRun = options.dryRun === true || configured.config.restore?.dry_run === true
  if (isDryRun || plan.blockers.length > 0) return printPhases(plan, context)
  const snapshotId = await keepPositions(configured, plan, context)
  context.log.info('Phase 2 of 3: restoring records, then phase 3: setting consumer groups')
  const status = await runPlan(configured, plan, context)
  const show = `kbackup offset-rollback show --snapshot-id ${snapshotId}`
  context.log.info(`Where the groups stood before: ${show}, ${PLACE_AS_HERE}`)
  return status
}

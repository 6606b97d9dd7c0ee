import { Command } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import type { Bind } from '../program.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { validationReport } from '../rendering/validation-report.ts'
import { configureRestore, planRestore, type RestoreCommandOptions } from './configured-restore.ts'
import { withPlanOptions } from './restore.ts'
import { configOption } from './shared-options.ts'

const PLAN_BLOCKED = 3

const EXAMPLES = `
Examples:
  kbackup validate-restore --config restore.yaml
  kbackup validate-restore --config restore.yaml --format json | jq .valid`

/** `kbackup validate-restore` */
export function validateRestoreCommand(bind: Bind): Command {
  const command = new Command('validate-restore')
    .description('Say what a restore would do, and what stands in its way. Writes nothing.')
    .addOption(configOption())
  return withPlanOptions(command).addHelpText('after', EXAMPLES).action(bind(validateRestore))
}

async function validateRestore(
  options: RestoreCommandOptions & { readonly format?: DataFormat | undefined },
  context: CommandContext,
): Promise<number> {
  const configured = await configureRestore(options, context)
  await using _restore = configured.restore
  const plan = await planRestore(configured, context)
  printReport(context, validationReport(plan))
  return plan.blockers.length === 0 ? 0 : PLAN_BLOCKED
}

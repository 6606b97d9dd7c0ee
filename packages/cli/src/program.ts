import { Command, Option } from 'commander'
import type { CommandAction, CommandContext } from './command-context.ts'
import { backupCommand } from './commands/backup.ts'
import { configCommand } from './commands/config.ts'
import { describeCommand } from './commands/describe.ts'
import { groupsCommand } from './commands/groups.ts'
import { listCommand } from './commands/list.ts'
import { offsetResetCommand } from './commands/offset-reset.ts'
import { offsetRollbackCommand } from './commands/offset-rollback.ts'
import { restoreCommand } from './commands/restore.ts'
import { showOffsetMappingCommand } from './commands/show-offset-mapping.ts'
import { storageCommand } from './commands/storage.ts'
import { threePhaseRestoreCommand } from './commands/three-phase-restore.ts'
import { validateCommand } from './commands/validate.ts'
import { validateRestoreCommand } from './commands/validate-restore.ts'
import type { DataFormat } from './rendering/data-format.ts'
import type { CliRun } from './run-cli.ts'
import { LOG_FORMATS, LOG_LEVELS } from './terminal/log.ts'
import { assertLogLevel, type Terminal } from './terminal/terminal.ts'
import { VERSION } from './version.ts'

/** Makes the action of a command one that commander can call. */
export type Bind = <Options extends { readonly format?: DataFormat | undefined }>(
  action: CommandAction<Options>,
) => (options: Options) => Promise<void>

/** Where a command says how it ended, or would end if it were interrupted. */
export interface Outcome {
  readonly setExitStatus: (status: number) => void
  readonly onInterruption: CommandContext['onInterruption']
}

const EXAMPLES = `
Examples:
  kbackup backup --config backup.yaml
  kbackup list --path ./backups
  kbackup validate --path ./backups --backup-id payments --deep
  kbackup restore --config restore.yaml --time-end 2026-11-20T14:29:59.999Z --dry-run

Exit status: 0 ok, 1 failed, 2 usage or configuration, 3 the plan has blockers, 4 damage found, 130 interrupted.`

/** The commands and options of kbackup. */
export function buildProgram(run: CliRun, terminal: Terminal, outcome: Outcome): Command {
  const { setExitStatus, onInterruption } = outcome
  const bind: Bind = (action) => async (options) => {
    assertLogLevel(run.environment)
    const { stdout, environment, signal, ports } = run
    signal.throwIfAborted()
    const { log, progress } = terminal
    const { format = 'text' } = options
    const context = { stdout, environment, signal, ports, log, progress, format, onInterruption }
    setExitStatus(await action(options, context))
  }
  const program = new Command('kbackup')
    .description('Back up Apache Kafka to object storage and restore it to any millisecond, consumer groups included.')
    .version(VERSION, '--version', 'print the version')
    .addOption(new Option('--log-level <level>', 'what goes to stderr; also KBACKUP_LOG').choices(LOG_LEVELS))
    .addOption(new Option('--log-format <format>', 'how it goes there').choices(LOG_FORMATS))
    .option('--no-color', 'print no colours; also NO_COLOR')
    .addHelpText('after', EXAMPLES)
  for (const command of commands(bind)) program.addCommand(command)
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    configure(command, program, run)
  }
  return program
}

function commands(bind: Bind): readonly Command[] {
  return [
    backupCommand(bind),
    restoreCommand(bind),
    listCommand(bind),
    describeCommand(bind),
    validateCommand(bind),
    validateRestoreCommand(bind),
    showOffsetMappingCommand(bind),
    threePhaseRestoreCommand(bind),
    offsetResetCommand(bind),
    offsetRollbackCommand(bind),
    groupsCommand(bind),
    storageCommand(bind),
    configCommand(bind),
  ]
}

function configure(command: Command, program: Command, { stdout }: CliRun): void {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: (shown) => (shown === program ? [] : [...program.options]),
    })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // Errors are printed once, by the one place that prints errors.
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => 100,
    })
}

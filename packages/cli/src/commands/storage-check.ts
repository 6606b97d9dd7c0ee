import { checkStorage, type StorageRole } from '@kbackup/core/testing'
import { Command, Option } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { pathLocation } from '../options/path-location.ts'
import type { Bind } from '../program.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { storageCheckReport } from '../rendering/storage-check-report.ts'
import { STEP_WORDS } from '../rendering/storage-check-words.ts'
import { formatOption } from './shared-options.ts'

const UNFIT = 1

interface CheckFlags {
  readonly role: StorageRole
  readonly format?: DataFormat | undefined
}

interface CheckOptions extends CheckFlags {
  readonly path: string
}

const EXAMPLES = `
Examples:
  kbackup storage check ./backups
  kbackup storage check 's3://kafka-backups/prod?endpoint=https://s3.example.com'
  kbackup storage check s3://kafka-backups/prod --role writer
  kbackup storage check gs://kafka-backups/prod
  kbackup storage check az://mybackups/kafka/prod

Writes about 2,000 objects and 100 MiB below a folder of its own, kbackup-check-…/, and removes it afterwards; archives are
not touched. A role that may not delete leaves that folder behind: the report names it, and a cleaner removes it.`

/** `kbackup storage check` */
export function storageCheckCommand(bind: Bind): Command {
  const run = bind(check)
  return new Command('check')
    .description('Try whether a place is fit for archives: its promises, rights, speed, and settings.')
    .argument(
      '<place>',
      'where archives lie: a folder, s3://bucket/prefix, gs://bucket/prefix, or az://account/container/prefix',
    )
    .addOption(
      new Option('--role <role>', 'whose rights are looked at; the whole contract takes those of a cleaner')
        .choices(['writer', 'reader', 'cleaner'])
        .default('cleaner'),
    )
    .addOption(formatOption(['text', 'json', 'yaml']))
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: CheckFlags) => run({ ...flags, path }))
}

async function check({ path, role }: CheckOptions, context: CommandContext): Promise<number> {
  const { ports, signal, log } = context
  const report = await checkStorage(await ports.openStore(pathLocation(path)), {
    role,
    signal,
    onStep: (step) => log.info(STEP_WORDS[step]),
    onPromise: ({ name, failure }) => log.debug(failure === null ? name : `${name}: ${failure}`),
    onRetry: ({ operation, key, delayMs, error }) =>
      log.warn(`${operation} of ${key}: ${error.message}; trying again in ${delayMs} ms`),
  })
  printReport(context, storageCheckReport(report))
  return report.fit ? 0 : UNFIT
}

import { createCleanup, ERROR_CODES, KbackupError, type Logger } from '@kbackup/core'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import { durationToMs } from '../config/quantities.ts'
import { pathLocation } from '../options/path-location.ts'
import type { Bind } from '../program.ts'
import { type ArchiveCleanup, cleanupReport } from '../rendering/cleanup-report.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import { archiveAsPlace } from './archive-as-place.ts'
import { formatOption, unsafeSingleWriterOption } from './shared-options.ts'
import { explainingMissing, folderNotFound, isOtherFolder } from './stored-archives.ts'

interface CleanFlags {
  readonly backupId?: string | undefined
  readonly execute?: boolean | undefined
  readonly olderThan?: number | undefined
  readonly unsafeSingleWriter?: boolean | undefined
  readonly removePin?: readonly string[] | undefined
  readonly format?: DataFormat | undefined
}

interface CleanOptions extends CleanFlags {
  readonly path: string
}

const PLACE = 'the place'

const EXAMPLES = `
Examples:
  kbackup storage clean ./backups
  kbackup storage clean s3://kafka-backups/prod --execute
  kbackup storage clean gs://kafka-backups/prod
  kbackup storage clean az://mybackups/kafka/prod
  kbackup storage clean ./backups --backup-id payments --execute --remove-pin 0f5c…

Prints what it would delete, and deletes it with --execute. Backups and restores may run at the same time.`

/** `kbackup storage clean` */
export function storageCleanCommand(bind: Bind): Command {
  const run = bind(clean)
  return new Command('clean')
    .description('Delete what killed processes left beside archives: objects that no commit names, unfinished uploads.')
    .argument(
      '<place>',
      'where archives lie: a folder, s3://bucket/prefix, gs://bucket/prefix, or az://account/container/prefix',
    )
    .option('--backup-id <id>', 'this archive only; all by default')
    .option('--execute', 'delete, instead of saying what would be deleted')
    .addOption(
      new Option(
        '--older-than <duration>',
        'spare what is younger, since its writer may be alive: 12h, 7d; 1d by default',
      ).argParser(parseDuration),
    )
    .addOption(
      new Option('--remove-pin <id>', 'remove this pin of a reader that is dead; may be repeated').argParser(
        (id: string, before: readonly string[] | undefined) => [...(before ?? []), id],
      ),
    )
    .addOption(unsafeSingleWriterOption())
    .addOption(formatOption(['text', 'json', 'yaml']))
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: CleanFlags) => run({ ...flags, path }))
}

async function clean(options: CleanOptions, context: CommandContext): Promise<number> {
  assertFlags(options)
  const location = pathLocation(options.path)
  const archives =
    options.backupId === undefined ? await cleanAll(options, context) : [await cleanNamed(options, context)]
  const nested = archives.length === 0 ? await archiveAsPlace(location, PLACE, context) : undefined
  if (nested !== undefined) throw nested
  printReport(context, cleanupReport((await context.ports.openStore(location)).name, archives))
  return Math.max(0, ...archives.map((one) => ('error' in one ? ERROR_CODES[one.error.code].exitStatus : 0)))
}

function cleanNamed(options: CleanOptions, context: CommandContext): Promise<ArchiveCleanup> {
  const { path, backupId = '' } = options
  const place = { location: pathLocation(path), backupId, setting: `${PLACE} and --backup-id`, pathSetting: PLACE }
  return explainingMissing(place, context, () => cleanArchive(backupId, options, context))
}

/** An archive that cannot be opened does not keep the others from being cleaned. */
async function cleanAll(options: CleanOptions, context: CommandContext): Promise<readonly ArchiveCleanup[]> {
  const location = pathLocation(options.path)
  const names = await context.ports.folderNames(location, context.signal)
  if (names === undefined) throw folderNotFound(location)
  const archives: ArchiveCleanup[] = []
  for (const backupId of names) {
    try {
      archives.push(await cleanArchive(backupId, options, context))
    } catch (error) {
      context.signal.throwIfAborted()
      if (!KbackupError.is(error)) throw error
      if (!isOtherFolder(error)) archives.push({ backupId, error })
    }
  }
  return archives
}

async function cleanArchive(backupId: string, options: CleanOptions, context: CommandContext): Promise<ArchiveCleanup> {
  const { ports, signal, log } = context
  const cleanup = createCleanup({
    storage: await ports.openStore(pathLocation(options.path)),
    backupId,
    olderThanMs: options.olderThan,
    removePins: options.removePin,
    unsafeSingleWriter: options.unsafeSingleWriter,
    logger: sdkLogger(log),
  })
  return options.execute === true ? { result: await cleanup.run({ signal }) } : { plan: await cleanup.plan({ signal }) }
}

function sdkLogger(log: CommandContext['log']): Logger {
  const by = (level: keyof Logger) => (fields: object, message: string) => log[level](message, fields)
  return { debug: by('debug'), info: by('info'), warn: by('warn'), error: by('error') }
}

function assertFlags({ removePin, execute, backupId }: CleanOptions): void {
  if (removePin === undefined || (execute === true && backupId !== undefined)) return
  throw new KbackupError('KB_USAGE', {
    message: '--remove-pin was given without --execute, or without --backup-id',
    hint: 'name the archive of the pin, and add --execute',
  })
}

function parseDuration(value: string): number {
  const ms = value === '0' ? 0 : durationToMs(value)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('A duration has a unit, such as 12h or 7d.')
}

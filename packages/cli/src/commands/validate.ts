import { type CommitReference, type VerifyOptions, type VerifyReport, verifyArchive } from '@kbackup/core'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type CommandContext, printReport } from '../command-context.ts'
import type { Bind } from '../program.ts'
import { warningText } from '../rendering/run-event-line.ts'
import { findingText, verifyReport } from '../rendering/verify-report.ts'
import { type ArchiveOptions, archivePlace, backupIdOption, formatOption, pathOption } from './shared-options.ts'
import { explainingMissing } from './stored-archives.ts'

const DAMAGE_FOUND = 4

interface ValidateOptions extends ArchiveOptions {
  readonly deep?: boolean | undefined
  readonly expectCommit?: CommitReference | undefined
}

const EXAMPLES = `
Examples:
  kbackup validate --path ./backups --backup-id payments
  kbackup validate --path ./backups --backup-id payments --deep
  kbackup validate --path ./backups --backup-id payments --expect-commit 42:9f86d081884c7d65…

Without --deep, commits are read and objects are looked for. With it every byte is read: digests, checksums, records.`

/** `kbackup validate` */
export function validateCommand(bind: Bind): Command {
  return new Command('validate')
    .description('Check that an archive is whole and undamaged.')
    .addOption(pathOption())
    .addOption(backupIdOption())
    .option('--deep', 'read every byte and every record')
    .addOption(
      new Option(
        '--expect-commit <commit>',
        'a commit that the archive must hold, as backups and restores print it (sequence:digest)',
      ).argParser(parseCommit),
    )
    .addOption(formatOption(['text', 'json', 'yaml']))
    .addHelpText('after', EXAMPLES)
    .action(bind(validate))
}

async function validate(options: ValidateOptions, context: CommandContext): Promise<number> {
  const { log, signal } = context
  const place = archivePlace(options)
  const store = await context.ports.openStore(place.location)
  let nextAtMs = context.ports.nowMs() + 5000
  const verifying: VerifyOptions = {
    depth: options.deep === true ? 'records' : 'objects',
    expect: options.expectCommit,
    signal,
    onFinding: (finding) => log.debug(findingText(finding)),
    onProgress: ({ objectsChecked, objectsTotal }) => {
      if (context.ports.nowMs() < nextAtMs) return
      nextAtMs = context.ports.nowMs() + 5000
      log.info(`${objectsChecked} of ${objectsTotal} objects checked`)
    },
  }
  const report = await explainingMissing(place, context, () => verifyArchive(store, options.backupId, verifying))
  for (const warning of report.warnings) log.warn(warningText(warning))
  printReport(context, verifyReport(store.name, report))
  return exitStatus(report)
}

function exitStatus({ ok }: VerifyReport): number {
  return ok ? 0 : DAMAGE_FOUND
}

function parseCommit(value: string): CommitReference {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(value)
  if (match?.[1] !== undefined && match[2] !== undefined) return { sequence: Number(match[1]), sha256: match[2] }
  throw new InvalidArgumentError('A commit is written sequence:digest, such as 42:9f86… with all 64 digits.')
}

import { type Command, Option } from 'commander'
import { pathLocation } from '../options/path-location.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import type { ArchivePlace } from './stored-archives.ts'

/** `--format`, for what a command prints. */
export function formatOption(formats: readonly DataFormat[]): Option {
  return new Option('--format <format>', 'how stdout is written').choices(formats).default('text')
}

/** `--path`, for commands that need no cluster. */
export function pathOption(): Option {
  return new Option(
    '--path <place>',
    'where archives lie: a folder, s3://bucket/prefix, gs://bucket/prefix, or az://account/container/prefix',
  ).makeOptionMandatory()
}

/** `--backup-id` */
export function backupIdOption(): Option {
  return new Option('--backup-id <id>', 'the archive').makeOptionMandatory()
}

/** `--unsafe-single-writer`, for commands that commit. */
export function unsafeSingleWriterOption(): Option {
  return new Option(
    '--unsafe-single-writer',
    'use a store that ignores conditions, though a second writer would destroy commits there',
  )
}

/** `--config` */
export function configOption(): Option {
  return new Option('--config <file>', 'the configuration, in YAML').makeOptionMandatory()
}

/**
 * The configuration where `--config` is not mandatory to commander, which would ask for it twice of a command inside
 * another.
 */
export function givenConfig(command: Command, { config }: { readonly config?: string | undefined }): string {
  return config ?? command.error("error: required option '--config <file>' not specified")
}

/** What commands are given that look at one archive. */
export interface ArchiveOptions {
  readonly path: string
  readonly backupId: string
  readonly format?: DataFormat | undefined
}

/** `--time-start` and `--time-end`, which override the configuration. */
export function timeOptions(): readonly Option[] {
  return [
    new Option(
      '--time-start <time>',
      'leave out earlier records (ISO 8601 with an offset or Z, or epoch milliseconds)',
    ),
    new Option('--time-end <time>', 'leave out later records; groups get their position of that moment'),
  ]
}

/** The place that these options name. */
export function archivePlace({ path, backupId }: ArchiveOptions): ArchivePlace {
  return { location: pathLocation(path), backupId, setting: '--path and --backup-id', pathSetting: '--path' }
}

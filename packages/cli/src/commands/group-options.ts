import { InvalidArgumentError, Option } from 'commander'
import { isBrokerAddress } from '../config/cluster-schema.ts'
import { durationToMs } from '../config/quantities.ts'
import type { DataFormat } from '../rendering/data-format.ts'
import type { GroupPlaceOptions } from './group-place.ts'
import { formatOption } from './shared-options.ts'

const DEFAULT_WAIT = '5m'

/** What the commands share that read or set positions of groups. */
export interface GroupCommandOptions extends GroupPlaceOptions {
  readonly groups?: readonly string[] | undefined
  readonly maxConcurrent?: number | undefined
  readonly waitUntilEmpty?: number | true | undefined
  readonly format?: DataFormat | undefined
}

/** `--config`, or `--path` and `--backup-id`, and `--bootstrap-servers`. */
export function groupPlaceOptions(): readonly Option[] {
  return [
    new Option('--config <file>', 'the configuration of a restore, for place, brokers and security'),
    new Option('--path <place>', 'where archives lie: a folder, s3://bucket/prefix, gs://…, or az://…'),
    new Option('--backup-id <id>', 'the archive'),
    bootstrapServersOption(),
  ]
}

function bootstrapServersOption(): Option {
  return new Option(
    '--bootstrap-servers <servers>',
    'the brokers, as host:port, separated by commas; by default those of --config, else those that the restore went to by its journal',
  ).argParser(parseServers)
}

/** The tools of Kafka ask for the port, too: a default would be a guess. */
function parseServers(value: string): readonly string[] {
  const servers = value.split(',').filter((server) => server !== '')
  const wrong = servers.find((server) => !isBrokerAddress(server))
  if (wrong === undefined && servers.length > 0) return servers
  throw new InvalidArgumentError('Brokers are written host:port, separated by commas.')
}

/** `--groups` */
export function groupsOption(): Option {
  return new Option(
    '--groups <names...>',
    'names, globs or ~regex, separated by spaces or commas; all by default',
  ).argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), ...namesIn(value)])
}

/** `--max-concurrent` and `--wait-until-empty` */
export function settingOptions(): readonly Option[] {
  return [
    new Option('--max-concurrent <count>', 'groups set at the same time; 50 by default').argParser(parseCount),
    new Option(
      '--wait-until-empty [duration]',
      `wait for groups with members to stop, no longer than this: 30s, ${DEFAULT_WAIT}; refused at once by default`,
    ).argParser(parseDuration),
  ]
}

export function dataFormatOption(): Option {
  return formatOption(['text', 'json', 'yaml'])
}

/** How long groups with members are waited for. */
export function waitMsOf({ waitUntilEmpty }: GroupCommandOptions): number | undefined {
  return waitUntilEmpty === true ? durationToMs(DEFAULT_WAIT) : waitUntilEmpty
}

/** A regular expression may hold commas. */
function namesIn(value: string): readonly string[] {
  return value.startsWith('~') ? [value] : value.split(',').filter((name) => name !== '')
}

function parseCount(value: string): number {
  const count = Number(value)
  if (Number.isSafeInteger(count) && count > 0) return count
  throw new InvalidArgumentError('It is a whole number above 0.')
}

function parseDuration(value: string): number {
  const ms = durationToMs(value)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('A duration has a unit, such as 30s or 5m.')
}

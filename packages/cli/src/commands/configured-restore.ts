import { type BlobStore, createRestore, type KafkaCluster, type Restore, type RestorePlan } from '@kbackup/core'
import type { CommandContext } from '../command-context.ts'
import { type LoadedConfig, loadConfig } from '../config/load-config.ts'
import { configuredLocation, pathSettingOf } from '../options/configured-location.ts'
import { chooseGroups } from '../options/group-choice.ts'
import { type RestoreFlags, restoreOptions } from '../options/restore-options.ts'
import { PLACE_KEYS } from '../options/store-location.ts'
import { connectCluster } from '../ports/connect-cluster.ts'
import { type ArchivePlace, archiveAt, explainingMissing } from './stored-archives.ts'

/** What `storage.unsafe_single_writer` means to a restore. */
const ONE_RESTORE =
  'storage.unsafe_single_writer is set: on a store that ignores conditions two processes that run the same restore at once are not kept apart'

/** A restore that a configuration asks for. */
export interface ConfiguredRestore {
  readonly restore: Restore
  readonly config: LoadedConfig['config']
  readonly blame: LoadedConfig['blame']
  /** Where the archive is said to lie. */
  readonly place: ArchivePlace
  readonly storage: BlobStore
  readonly target: KafkaCluster
}

/** Options of the commands that restore or say what a restore would do. */
export interface RestoreCommandOptions extends RestoreFlags {
  readonly config: string
  /** Whether it makes no sense without groups to move. */
  readonly needsGroups?: boolean | undefined
}

/** Makes the restore of a configuration; nothing is connected to or read but, perhaps, the names of archived groups. */
export async function configureRestore(
  options: RestoreCommandOptions,
  context: CommandContext,
): Promise<ConfiguredRestore> {
  const loaded = await loadConfig(options.config, {
    mode: 'restore',
    environment: context.environment,
    writesFiles: true,
  })
  for (const note of loaded.notes) context.log.info(note)
  const groups = await groupsToMove(loaded, options, context)
  const { config, blame } = loaded
  if (config.storage.unsafe_single_writer === true) context.log.warn(ONE_RESTORE)
  const storage = await context.ports.openStore(configuredLocation(config.storage))
  const target = connectCluster(loaded, 'target', context.ports)
  const restore = createRestore(restoreOptions(config, options, { storage, target, groups }))
  return { restore, config, blame, place: archivePlace(config, options), storage, target }
}

/** The plan of a restore; where there is no such archive, the error says which there are. */
export async function planRestore(configured: ConfiguredRestore, context: CommandContext): Promise<RestorePlan> {
  const { restore, place } = configured
  return explainingMissing(place, context, () => restore.plan({ signal: context.signal }))
}

function archivePlace(config: LoadedConfig['config'], { config: file }: RestoreCommandOptions): ArchivePlace {
  const location = configuredLocation(config.storage)
  const setting = `${PLACE_KEYS[location.backend].join(', ')} and backup_id in ${file}`
  return { location, backupId: config.backup_id, setting, pathSetting: pathSettingOf(location) }
}

async function groupsToMove(
  loaded: LoadedConfig,
  options: RestoreCommandOptions,
  context: CommandContext,
): Promise<readonly string[] | 'all'> {
  const choice = chooseGroups(loaded.config.restore)
  if (options.needsGroups === true && loaded.config.restore?.consumer_group_strategy === 'manual') {
    throw loaded.blame(['restore', 'consumer_group_strategy'], 'manual sets no group in the third phase; use restore')
  }
  if (choice.kind === 'all-reported') return 'all'
  if (choice.kind === 'named') return choice.groups
  if (choice.kind === 'names-missing' || options.needsGroups === true)
    throw await namesMissing(loaded, options, context)
  if (choice.reason !== undefined) context.log.warn(choice.reason)
  return []
}

/** A reset without names could mean every group of a cluster that other teams share, so the names are asked for. */
async function namesMissing(
  { config, blame }: LoadedConfig,
  options: RestoreCommandOptions,
  context: CommandContext,
): Promise<Error> {
  const { state } = await archiveAt(archivePlace(config, options), context)
  const names = state.captures.at(-1)?.groupIds ?? []
  const known = names.length === 0 ? 'the archive holds none' : `the archive holds ${names.join(', ')}`
  if (options.needsGroups === true) {
    return blame(['restore'], `consumer_groups has to name the groups that are set in the third phase; ${known}`)
  }
  return blame(
    ['restore', 'reset_consumer_offsets'],
    `true needs the names of the groups in restore.consumer_groups; ${known}`,
  )
}

import { createRestore, openArchive, type Restore } from '@kbackup/core'
import type { CommandContext } from '../command-context.ts'
import { type LoadedConfig, loadConfig } from '../config/load-config.ts'
import { chooseGroups } from '../options/group-choice.ts'
import { type RestoreFlags, restoreOptions } from '../options/restore-options.ts'
import { storageDirectory } from '../options/storage-location.ts'
import { connectCluster } from '../ports/connect-cluster.ts'

/** A restore that a configuration asks for. */
export interface ConfiguredRestore {
  readonly restore: Restore
  readonly config: LoadedConfig['config']
}

/** Options of the commands that restore or say what a restore would do. */
export interface RestoreCommandOptions extends RestoreFlags {
  readonly config: string
}

/** Makes the restore of a configuration; nothing is connected to or read but, perhaps, the names of archived groups. */
export async function configureRestore(
  options: RestoreCommandOptions,
  context: CommandContext,
): Promise<ConfiguredRestore> {
  const loaded = await loadConfig(options.config, 'restore', context.environment)
  for (const note of loaded.notes) context.log.info(note)
  const groups = await groupsToMove(loaded, context)
  const { config } = loaded
  const storage = context.ports.openStore(storageDirectory(config.storage))
  const target = connectCluster(loaded, 'target', context.ports)
  return { restore: createRestore(restoreOptions(config, options, { storage, target, groups })), config }
}

async function groupsToMove(loaded: LoadedConfig, context: CommandContext): Promise<readonly string[]> {
  const choice = chooseGroups(loaded.config.restore)
  if (choice.kind === 'named') return choice.groups
  if (choice.kind === 'names-missing') throw await namesMissing(loaded, context)
  if (choice.reason !== undefined) context.log.warn(choice.reason)
  return []
}

/** A reset without names could mean every group of a cluster that other teams share, so the names are asked for. */
async function namesMissing({ config, blame }: LoadedConfig, { ports, signal }: CommandContext): Promise<Error> {
  const store = ports.openStore(storageDirectory(config.storage))
  const { state } = await openArchive(store, config.backup_id, { signal })
  const names = state.captures.at(-1)?.groupIds ?? []
  const known = names.length === 0 ? 'the archive holds none' : `the archive holds ${names.join(', ')}`
  return blame(
    ['restore', 'reset_consumer_offsets'],
    `true needs the names of the groups in restore.consumer_groups; ${known}`,
  )
}

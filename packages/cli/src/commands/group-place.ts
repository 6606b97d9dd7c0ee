import { type Archive, type ArchivedRestore, type KafkaCluster, KbackupError } from '@kbackup/core'
import type { CommandContext } from '../command-context.ts'
import { type LoadedConfig, loadConfig } from '../config/load-config.ts'
import { configuredLocation, pathSettingOf } from '../options/configured-location.ts'
import { pathLocation } from '../options/path-location.ts'
import { connectCluster } from '../ports/connect-cluster.ts'
import { type ArchivePlace, archiveAt } from './stored-archives.ts'

/** Where the archive and the cluster of a command on groups are said to be. */
export interface GroupPlaceOptions {
  readonly config?: string | undefined
  readonly path?: string | undefined
  readonly backupId?: string | undefined
  readonly bootstrapServers?: readonly string[] | undefined
  readonly restoreId?: string | undefined
}

/** An archive, and the configuration that was given beside it. */
export interface GroupPlace {
  readonly archive: Archive
  readonly place: ArchivePlace
  readonly loaded: LoadedConfig | undefined
}

/** The archive that options and configuration name; the options win. */
export async function openGroupPlace(options: GroupPlaceOptions, context: CommandContext): Promise<GroupPlace> {
  const loaded =
    options.config === undefined
      ? undefined
      : await loadConfig(options.config, { mode: 'restore', environment: context.environment })
  const place = placeOf(options, loaded)
  return { archive: await archiveAt(place, context), place, loaded }
}

function placeOf({ path, backupId, config: file }: GroupPlaceOptions, loaded: LoadedConfig | undefined): ArchivePlace {
  const id = backupId ?? loaded?.config.backup_id
  if (path !== undefined && id !== undefined) {
    return { location: pathLocation(path), backupId: id, setting: '--path and --backup-id', pathSetting: '--path' }
  }
  if (loaded === undefined || id === undefined) throw placeMissing()
  const location = configuredLocation(loaded.config.storage)
  return { location, backupId: id, setting: `storage and backup_id of ${file}`, pathSetting: pathSettingOf(location) }
}

/**
 * The cluster whose groups are meant: `--bootstrap-servers`, else those of the configuration, else the brokers that a
 * restore went to by its journal.
 */
export async function connectGroups(
  { archive, loaded }: GroupPlace,
  options: GroupPlaceOptions,
  context: CommandContext,
): Promise<{ readonly target: KafkaCluster; readonly bootstrapServers: readonly string[] }> {
  const configured = loaded?.config.target
  const bootstrapServers =
    options.bootstrapServers ??
    configured?.bootstrap_servers ??
    (await journaledBrokers(archive, options.restoreId, context.signal))
  context.log.info(`Brokers: ${bootstrapServers.join(', ')}`)
  const target = { ...configured, bootstrap_servers: [...bootstrapServers] }
  if (loaded === undefined) return { target: context.ports.connect(target), bootstrapServers }
  const { config, blame } = loaded
  return { target: connectCluster({ config: { ...config, target }, blame }, 'target', context.ports), bootstrapServers }
}

async function journaledBrokers(
  archive: Archive,
  restoreId: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const restores = await archive.restores({ signal })
  const isMeant = (restore: ArchivedRestore) =>
    restoreId === undefined ? restore.finished : restore.restoreId === restoreId
  const restore = restores.find(isMeant)
  if (restore !== undefined) return restore.targetBrokers
  // Rejects with the restores that there are.
  if (restoreId !== undefined) await archive.offsetMap(restoreId, { signal })
  throw noRestoreYet(archive)
}

function noRestoreYet({ backupId }: Archive): KbackupError {
  return new KbackupError('KB_USAGE', {
    message: `the archive ${backupId} has no restore that has ended, so there are no brokers to connect to`,
    hint: 'give --bootstrap-servers, or --config with a target; positions are found by the offset map of a finished restore',
    details: { backupId },
  })
}

function placeMissing(): KbackupError {
  return new KbackupError('KB_USAGE', {
    message: 'no archive was named',
    hint: 'give --path and --backup-id, or --config with the configuration of a restore',
  })
}

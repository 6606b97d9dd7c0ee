import { type KafkaCluster, KbackupError } from '@kbackup/core'
import type { LoadedConfig } from '../config/load-config.ts'
import type { CliPorts } from './cli-ports.ts'

/** The cluster of a section; what is wrong with its security settings is blamed on their places in the file. */
export function connectCluster(
  { config, blame }: Pick<LoadedConfig, 'config' | 'blame'>,
  section: 'source' | 'target',
  { connect }: CliPorts,
): KafkaCluster {
  const cluster = config[section]
  if (cluster === undefined) throw blame([section], 'is missing')
  try {
    return connect(cluster)
  } catch (error) {
    if (!KbackupError.is(error, 'KB_CONFIG_INVALID') || typeof error.details.key !== 'string') throw error
    throw blame([section, 'security', error.details.key], remedy(error, error.details.key))
  }
}

function remedy({ message, hint }: KbackupError, key: string): string {
  const what = message.slice(message.indexOf(key) + key.length).trim()
  return hint === undefined ? what : `${what}; ${hint}`
}

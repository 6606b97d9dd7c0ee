import { KbackupError } from '../errors/kbackup-error.ts'
import type { BeginEntry } from './journal-head.ts'

/** What was told to be done with something of one cluster, at another. */
export interface OtherCluster {
  /** `restore 20261120T… went into` */
  readonly what: string
  readonly meantClusterId: string
  readonly clusterId: string
  /** What follows from it: `its offsets mean nothing here`. */
  readonly consequence: string
}

/** The error for brokers of another cluster than that of a restore, or of a snapshot of groups. */
export function otherCluster({ what, meantClusterId, clusterId, consequence }: OtherCluster): KbackupError {
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `${what} the cluster ${meantClusterId}, and this is ${clusterId}: ${consequence}`,
    hint: 'connect to the brokers of that cluster',
    details: { meantClusterId, clusterId },
  })
}

/** @throws KbackupError `KB_RESTORE_MISMATCH` where a restore went into another cluster than this one */
export function assertRestoredInto(
  clusterId: string,
  { restoreId, identity }: Pick<BeginEntry, 'restoreId' | 'identity'>,
  consequence: string,
): void {
  const meantClusterId = identity.targetClusterId
  if (meantClusterId === clusterId) return
  throw otherCluster({ what: `restore ${restoreId} went into`, meantClusterId, clusterId, consequence })
}

import type { RestoreConfig } from '../config/restore-schema.ts'

/** Which consumer groups a restore moves, and, where names stand there in vain, why. */
export type GroupChoice =
  | { readonly kind: 'named'; readonly groups: readonly string[] }
  | { readonly kind: 'none'; readonly reason?: string }
  /** Positions are only reported, and no name says of which: of all that are archived. */
  | { readonly kind: 'all-reported' }
  /** `reset_consumer_offsets: true` without a name. */
  | { readonly kind: 'names-missing' }

/** Naming groups moves them, unless a key that says otherwise is written beside the names. */
export function chooseGroups(restore: RestoreConfig | undefined): GroupChoice {
  const groups = restore?.consumer_groups ?? []
  if (restore?.consumer_group_strategy === 'manual') {
    return groups.length > 0 ? { kind: 'named', groups } : { kind: 'all-reported' }
  }
  if (groups.length === 0) return withoutNames(restore)
  const veto = vetoOf(restore)
  if (veto === undefined) return { kind: 'named', groups }
  return { kind: 'none', reason: `${groups.join(', ')}: left alone, because ${veto} is written beside the names` }
}

function withoutNames(restore: RestoreConfig | undefined): GroupChoice {
  if (restore?.reset_consumer_offsets === true) return { kind: 'names-missing' }
  const strategy = restore?.consumer_group_strategy
  if (strategy !== 'timestamp-based' && strategy !== 'cluster-scan') return { kind: 'none' }
  return {
    kind: 'none',
    reason: `consumer_group_strategy: ${strategy} moves no group, because consumer_groups names none`,
  }
}

function vetoOf(restore: RestoreConfig | undefined): string | undefined {
  if (restore?.reset_consumer_offsets === false) return 'reset_consumer_offsets: false'
  return restore?.consumer_group_strategy === 'skip' ? 'consumer_group_strategy: skip' : undefined
}

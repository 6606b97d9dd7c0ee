import type { RestoreConfig } from '../config/restore-schema.ts'

/** Which consumer groups a restore moves, and, where names stand there in vain, why. */
export type GroupChoice =
  | { readonly kind: 'named'; readonly groups: readonly string[] }
  | { readonly kind: 'none'; readonly reason?: string }
  /** `reset_consumer_offsets: true` without a name. */
  | { readonly kind: 'names-missing' }

/** Naming groups moves them, unless a key that says otherwise is written beside the names. */
export function chooseGroups(restore: RestoreConfig | undefined): GroupChoice {
  const groups = restore?.consumer_groups ?? []
  if (groups.length === 0)
    return restore?.reset_consumer_offsets === true ? { kind: 'names-missing' } : { kind: 'none' }
  const veto = vetoOf(restore)
  if (veto === undefined) return { kind: 'named', groups }
  return { kind: 'none', reason: `${groups.join(', ')}: left alone, because ${veto} is written beside the names` }
}

function vetoOf(restore: RestoreConfig | undefined): string | undefined {
  if (restore?.reset_consumer_offsets === false) return 'reset_consumer_offsets: false'
  return restore?.consumer_group_strategy === 'skip' ? 'consumer_group_strategy: skip' : undefined
}

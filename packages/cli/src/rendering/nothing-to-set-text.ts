import type { OffsetResetPlan } from '@kbackup/core'
import { countOf } from './quantity-text.ts'

const SHOWN_GROUPS = 5

type MeantGroups = Pick<OffsetResetPlan, 'groups' | 'nothingToSet' | 'restoreId'>

/** Whether a reset would set at least one group. */
export function setsAny({ groups }: MeantGroups): boolean {
  return groups.some(({ targets }) => targets.length > 0)
}

/** The groups that are meant and have no place to go to; `undefined` where all have one. */
export function nothingToSetText(plan: MeantGroups): string | undefined {
  const { nothingToSet, restoreId } = plan
  if (nothingToSet.length === 0)
    return setsAny(plan) ? undefined : 'Nothing to set: the archive holds no consumer groups.'
  const shown = nothingToSet.slice(0, SHOWN_GROUPS).join(', ')
  const more = nothingToSet.length > SHOWN_GROUPS ? ` and ${nothingToSet.length - SHOWN_GROUPS} more` : ''
  const who = setsAny(plan) ? `for ${countOf(nothingToSet.length, 'consumer group')}` : 'at all'
  return `Nothing to set ${who}, ${shown}${more}: no archived position as of the moment lies in what restore ${restoreId} has restored.`
}

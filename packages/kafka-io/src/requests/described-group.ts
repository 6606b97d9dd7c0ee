import type { GroupMember } from '@kbackup/core'
import type { Throttled } from '../protocol/request-codec.ts'

/** What a coordinator says of one group, be it classic or of KIP-848. */
export interface DescribedGroup {
  readonly groupId: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly state: string
  readonly protocolType: string
  readonly members: readonly GroupMember[]
}

export interface DescribedGroups extends Throttled {
  readonly groups: readonly DescribedGroup[]
}

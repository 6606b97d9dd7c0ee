import type { RunWarning } from '../events/run-warning.ts'
import type { GroupOffsets } from '../kafka/kafka-groups.ts'

/** That the positions of a group could not be captured; nothing where they could. */
export function groupWarning({ groupId, error }: GroupOffsets): readonly RunWarning[] {
  return error === undefined ? [] : [aboutGroup(groupId, `could not be captured: ${error.name} (${error.code})`)]
}

export function aboutGroup(groupId: string, what: string): RunWarning {
  return {
    code: 'KB_WARNING_GROUP',
    message: `consumer group ${groupId} ${what}`,
    hint: `check its name, and grant Describe on group ${groupId}`,
    details: { groupId },
  }
}

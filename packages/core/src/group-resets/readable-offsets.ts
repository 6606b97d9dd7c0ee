import { KbackupError } from '../errors/kbackup-error.ts'
import type { GroupOffset, GroupOffsets } from '../kafka/kafka-groups.ts'

/**
 * The positions of a group, as its coordinator told them: what cannot be read is not absent.
 *
 * @param consequence what became of it, for the message: `no snapshot was taken`
 * @throws KbackupError `KB_KAFKA_PROTOCOL`
 */
export function readableOffsets(
  { groupId, offsets, error }: GroupOffsets,
  consequence: string,
): readonly GroupOffset[] {
  if (error === undefined) return offsets
  throw new KbackupError('KB_KAFKA_PROTOCOL', {
    message: `the positions of group ${groupId} cannot be read: ${error.name}; ${consequence}`,
    hint: 'grant Describe on the group, wait for its transaction to end, or leave it out',
    details: { groupId, protocolCode: error.code },
  })
}

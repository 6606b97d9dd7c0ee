import type { GroupMember } from '@kbackup/core'
import type { ProtocolReader } from '../protocol/protocol-reader.ts'
import type { RequestCodec } from '../protocol/request-codec.ts'
import type { DescribedGroup, DescribedGroups } from './described-group.ts'

/** ConsumerGroupDescribe (69) of the groups of KIP-848: version 0; groups it does not know are error 69. */
export const consumerGroupDescribeCodec: RequestCodec<readonly string[], DescribedGroups> = {
  apiKey: 69,
  apiName: 'ConsumerGroupDescribe',
  versions: [0, 0],
  flexible: true,
  encode(writer, groupIds) {
    writer.compactArray(groupIds, (groupId) => {
      writer.compactString(groupId)
    })
    const includeAuthorizedOperations = false
    writer.boolean(includeAuthorizedOperations).noTags()
  },
  decode(reader) {
    return { throttleTimeMs: reader.int32(), groups: reader.compactArray(readGroup) }
  },
}

function readGroup(reader: ProtocolReader): DescribedGroup {
  const errorCode = reader.int16()
  const errorMessage = reader.compactNullableString()
  const groupId = reader.compactString()
  const state = reader.compactString()
  reader.int32()
  reader.int32()
  reader.compactString()
  const members = reader.compactArray(readMember)
  reader.int32()
  reader.skipTags()
  return { groupId, errorCode, errorMessage, state, protocolType: 'consumer', members }
}

function readMember(reader: ProtocolReader): GroupMember {
  const memberId = reader.compactString()
  reader.compactNullableString()
  reader.compactNullableString()
  reader.int32()
  const member = { memberId, clientId: reader.compactString(), clientHost: reader.compactString() }
  reader.compactArray(() => reader.compactString())
  reader.compactNullableString()
  skipAssignment(reader)
  skipAssignment(reader)
  reader.skipTags()
  return member
}

function skipAssignment(reader: ProtocolReader): void {
  reader.compactArray(() => {
    reader.uuid()
    reader.compactString()
    reader.compactArray(() => reader.int32())
    reader.skipTags()
  })
  reader.skipTags()
}

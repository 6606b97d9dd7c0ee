import type { GroupMember } from '@kbackup/core'
import type { ProtocolReader } from '../protocol/protocol-reader.ts'
import type { RequestCodec } from '../protocol/request-codec.ts'
import type { DescribedGroup, DescribedGroups } from './described-group.ts'

/** DescribeGroups (15) of classic groups: version 4, the last that is not flexible; groups it does not know are `Dead`. */
export const describeGroupsCodec: RequestCodec<readonly string[], DescribedGroups> = {
  apiKey: 15,
  apiName: 'DescribeGroups',
  versions: [4, 4],
  flexible: false,
  encode(writer, groupIds) {
    writer.array(groupIds, (groupId) => {
      writer.string(groupId)
    })
    const includeAuthorizedOperations = false
    writer.boolean(includeAuthorizedOperations)
  },
  decode(reader) {
    return { throttleTimeMs: reader.int32(), groups: reader.array(readGroup) }
  },
}

function readGroup(reader: ProtocolReader): DescribedGroup {
  const errorCode = reader.int16()
  const groupId = reader.string()
  const state = reader.string()
  const protocolType = reader.string()
  reader.string()
  const members = reader.array(readMember)
  reader.int32()
  return { groupId, errorCode, errorMessage: null, state, protocolType, members }
}

function readMember(reader: ProtocolReader): GroupMember {
  const memberId = reader.string()
  reader.nullableString()
  const member = { memberId, clientId: reader.string(), clientHost: reader.string() }
  reader.bytes()
  reader.bytes()
  return member
}

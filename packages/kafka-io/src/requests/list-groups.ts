import type { GroupListing } from '@kbackup/core'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'

export interface ListGroupsResponse extends Throttled {
  readonly errorCode: number
  readonly groups: readonly GroupListing[]
}

/** What there was before brokers named types (version 5, KIP-848). */
const ONLY_TYPE_BEFORE_5 = 'classic'

/** ListGroups (16): states from version 4 (KIP-518), types from version 5; nothing is filtered. */
export const listGroupsCodec: RequestCodec<null, ListGroupsResponse> = {
  apiKey: 16,
  apiName: 'ListGroups',
  versions: [4, 5],
  flexible: true,
  encode(writer, _request, version) {
    writer.compactArray([], () => {})
    if (version >= 5) writer.compactArray([], () => {})
    writer.noTags()
  },
  decode(reader, version) {
    const throttleTimeMs = reader.int32()
    const errorCode = reader.int16()
    const groups = reader.compactArray(() => {
      const group = {
        groupId: reader.compactString(),
        protocolType: reader.compactString(),
        state: reader.compactString(),
        type: version >= 5 ? reader.compactString().toLowerCase() : ONLY_TYPE_BEFORE_5,
      }
      reader.skipTags()
      return group
    })
    return { throttleTimeMs, errorCode, groups }
  },
}

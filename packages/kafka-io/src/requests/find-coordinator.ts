import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'

export interface FoundCoordinator {
  readonly groupId: string
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

export interface FindCoordinatorResponse extends Throttled {
  readonly coordinators: readonly FoundCoordinator[]
}

const GROUP = 0

/** FindCoordinator (10) of groups: version 4, many groups in one request (KIP-699). */
export const findCoordinatorCodec: RequestCodec<readonly string[], FindCoordinatorResponse> = {
  apiKey: 10,
  apiName: 'FindCoordinator',
  versions: [4, 4],
  flexible: true,
  encode(writer, groupIds) {
    writer.int8(GROUP).compactArray(groupIds, (groupId) => {
      writer.compactString(groupId)
    })
    writer.noTags()
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const coordinators = reader.compactArray(() => {
      const coordinator = {
        groupId: reader.compactString(),
        brokerId: reader.int32(),
        host: reader.compactString(),
        port: reader.int32(),
        errorCode: reader.int16(),
        errorMessage: reader.compactNullableString(),
      }
      reader.skipTags()
      return coordinator
    })
    return { throttleTimeMs, coordinators }
  },
}

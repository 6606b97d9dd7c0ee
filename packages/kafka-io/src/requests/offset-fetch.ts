import type { GroupOffset } from '@kbackup/core'
import type { ProtocolReader } from '../protocol/protocol-reader.ts'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { readCompactByTopic } from './topic-groups.ts'

export interface FetchedGroupOffset extends GroupOffset {
  readonly errorCode: number
}

export interface FetchedGroupOffsets {
  readonly groupId: string
  readonly errorCode: number
  readonly offsets: readonly FetchedGroupOffset[]
}

export interface OffsetFetchResponse extends Throttled {
  readonly groups: readonly FetchedGroupOffsets[]
}

/** OffsetFetch (9): version 8, all topics of many groups (KIP-709), with require_stable (KIP-447). */
export const offsetFetchCodec: RequestCodec<readonly string[], OffsetFetchResponse> = {
  apiKey: 9,
  apiName: 'OffsetFetch',
  versions: [8, 8],
  flexible: true,
  encode(writer, groupIds) {
    writer.compactArray(groupIds, (groupId) => {
      writer.compactString(groupId).compactNullArray().noTags()
    })
    const requireStable = true
    writer.boolean(requireStable).noTags()
  },
  decode(reader) {
    return { throttleTimeMs: reader.int32(), groups: reader.compactArray(readGroup) }
  },
}

function readGroup(reader: ProtocolReader): FetchedGroupOffsets {
  const groupId = reader.compactString()
  const offsets = readCompactByTopic(reader, (topic) => readOffset(reader, topic))
  const errorCode = reader.int16()
  reader.skipTags()
  return { groupId, errorCode, offsets }
}

function readOffset(reader: ProtocolReader, topic: string): FetchedGroupOffset {
  const offset = {
    topic,
    partition: reader.int32(),
    offset: reader.int64(),
    leaderEpoch: reader.int32(),
    metadata: reader.compactNullableString(),
    errorCode: reader.int16(),
  }
  reader.skipTags()
  return offset
}

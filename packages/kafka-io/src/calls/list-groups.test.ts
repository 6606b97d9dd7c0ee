import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { OFFSETS_TOPIC } from '@kbackup/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kafka } from '../kafka.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { ProtocolReader } from '../protocol/protocol-reader.ts'
import { ProtocolWriter } from '../protocol/protocol-writer.ts'
import { apiVersionsCodec } from '../requests/api-versions.ts'
import { findCoordinatorCodec } from '../requests/find-coordinator.ts'
import { listGroupsCodec } from '../requests/list-groups.ts'
import { metadataCodec } from '../requests/metadata.ts'
import { offsetFetchCodec } from '../requests/offset-fetch.ts'

const API_VERSIONS = apiVersionsCodec.apiKey
const SPOKEN = [metadataCodec, offsetFetchCodec, findCoordinatorCodec, listGroupsCodec].map(({ apiKey, versions }) => {
  return { apiKey, version: versions[1] }
})
const BROKER_ID = 1
const NO_ERROR = 0

/** A broker that leads the only partition of `__consumer_offsets`, which keeps one group. */
let server: Server
/** What the coordinator answers, one code after the other; none where it has read the group. */
let coordinatorCodes: number[]
/** What becomes of requests to list groups, one after the other; then they are answered. */
let listings: ('breaks' | 'is empty')[]
/** Is called when it answers that it still has to read its groups: whoever waits for that finds them listed. */
let onLoading: () => void
let probed: number

beforeEach(async () => {
  coordinatorCodes = []
  listings = []
  onLoading = () => undefined
  probed = 0
  server = createServer(serve).listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  server.close()
})

describe('a listing of groups', () => {
  it('waits until a coordinator has read its groups', async () => {
    coordinatorCodes = [ProtocolCode.coordinatorLoadInProgress, ProtocolCode.coordinatorNotAvailable]
    expect(await listed()).toEqual(['billing'])
  })

  it('begins anew with that where the broker went away meanwhile: back again, it lists what it has read so far', async () => {
    listings = ['breaks', 'is empty']
    // Both looks before the first listing find the group read; the first one after the restart does not.
    coordinatorCodes = [NO_ERROR, NO_ERROR, ProtocolCode.coordinatorLoadInProgress]
    onLoading = () => listings.splice(0)
    expect(await listed()).toEqual(['billing'])
  })

  it('asks once, and lists what may be seen, where coordinators may not be asked about groups of others', async () => {
    coordinatorCodes = [ProtocolCode.groupAuthorizationFailed, ProtocolCode.groupAuthorizationFailed]
    await using cluster = kafka({ brokers: [address()] })
    for (const _ of [1, 2]) expect(await cluster.listGroups()).toMatchObject([{ groupId: 'billing' }])
    expect(probed).toBe(1)
  })
})

async function listed(): Promise<readonly string[]> {
  await using cluster = kafka({ brokers: [address()] })
  return (await cluster.listGroups()).map(({ groupId }) => groupId)
}

function address(): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function serve(socket: Socket): void {
  let received = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 4 && received.length >= 4 + received.readInt32BE()) {
      const length = 4 + received.readInt32BE()
      answer(socket, received.subarray(4, length))
      received = received.subarray(length)
    }
  })
}

function answer(socket: Socket, request: Buffer): void {
  const reader = new ProtocolReader(request)
  const apiKey = reader.int16()
  reader.int16()
  const correlationId = reader.int32()
  reader.nullableString()
  if (apiKey !== API_VERSIONS) reader.skipTags()
  if (apiKey === listGroupsCodec.apiKey && listings[0] === 'breaks') {
    listings.shift()
    socket.destroy()
    return
  }
  const head = new ProtocolWriter().int32(correlationId)
  const body = writeBody(apiKey, reader, apiKey === API_VERSIONS ? head : head.noTags()).toBuffer()
  socket.write(Buffer.concat([new ProtocolWriter().int32(body.length).toBuffer(), body]))
}

function writeBody(apiKey: number, request: ProtocolReader, writer: ProtocolWriter): ProtocolWriter {
  if (apiKey === API_VERSIONS) {
    return writer
      .int16(NO_ERROR)
      .array(SPOKEN, ({ apiKey: key, version }, to) => to.int16(key).int16(version).int16(version))
  }
  if (apiKey === metadataCodec.apiKey) return writeMetadata(writer.int32(0))
  if (apiKey === offsetFetchCodec.apiKey) return writeOffsets(writer.int32(0), request)
  if (apiKey === findCoordinatorCodec.apiKey) return writeCoordinators(writer.int32(0), request)
  return writeGroups(writer.int32(0).int16(NO_ERROR))
}

function writeMetadata(writer: ProtocolWriter): ProtocolWriter {
  const { port } = server.address() as AddressInfo
  writer.compactArray([port], (at, to) =>
    to.int32(BROKER_ID).compactString('127.0.0.1').int32(at).compactNullableString(null).noTags(),
  )
  writer.compactNullableString('cluster').int32(BROKER_ID)
  writer.compactArray([OFFSETS_TOPIC], (topic, to) => {
    to.int16(NO_ERROR).compactNullableString(topic).uuid('ab'.repeat(16)).boolean(true)
    to.compactArray([0], (partition) => {
      to.int16(NO_ERROR).int32(partition).int32(BROKER_ID).int32(0)
      for (const replicas of [[BROKER_ID], [BROKER_ID], []]) to.compactArray(replicas, (id) => to.int32(id))
      to.noTags()
    })
    to.int32(0).noTags()
  })
  return writer.noTags()
}

function writeCoordinators(writer: ProtocolWriter, request: ProtocolReader): ProtocolWriter {
  request.int8()
  const groupIds = request.compactArray(() => request.compactString())
  const { port } = server.address() as AddressInfo
  return writer
    .compactArray(groupIds, (groupId, to) => {
      to.compactString(groupId).int32(BROKER_ID).compactString('127.0.0.1').int32(port)
      to.int16(NO_ERROR).compactNullableString(null).noTags()
    })
    .noTags()
}

function writeOffsets(writer: ProtocolWriter, request: ProtocolReader): ProtocolWriter {
  const [groupId = ''] = request.compactArray(() => request.compactString())
  probed += 1
  const code = coordinatorCodes.shift() ?? NO_ERROR
  if (code === ProtocolCode.coordinatorLoadInProgress) onLoading()
  return writer
    .compactArray([groupId], (id, to) => {
      to.compactString(id)
        .compactArray([], () => undefined)
        .int16(code)
        .noTags()
    })
    .noTags()
}

function writeGroups(writer: ProtocolWriter): ProtocolWriter {
  const isRead = listings.shift() === undefined
  return writer
    .compactArray(isRead ? ['billing'] : [], (groupId, to) =>
      to.compactString(groupId).compactString('').compactString('Empty').compactString('Classic').noTags(),
    )
    .noTags()
}

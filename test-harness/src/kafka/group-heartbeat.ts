import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { ProtocolReader } from '../../../packages/kafka-io/src/protocol/protocol-reader.ts'
import { ProtocolWriter } from '../../../packages/kafka-io/src/protocol/protocol-writer.ts'

/** Kinds of groups whose members send heartbeats of their own: KIP-848, KIP-932, KIP-1071. */
export type HeartbeatKind = 'consumer' | 'share' | 'streams'

/** How each begins, and what follows the group, the member and its epoch. */
const REQUESTS = {
  consumer: { apiKey: 68, apiVersion: 0, writeRest: writeConsumer },
  share: { apiKey: 76, apiVersion: 1, writeRest: writeShare },
  streams: { apiKey: 88, apiVersion: 0, writeRest: writeStreams },
} as const

const [JOIN, LEAVE] = [0, -1]
/** How the protocol says whether a structure follows. */
const [PRESENT, ABSENT] = [1, -1]
const REBALANCE_TIMEOUT_MS = 60_000
const PREFIX_BYTES = 4

export interface GroupMembership {
  readonly kind: HeartbeatKind
  readonly groupId: string
  readonly topic: string
}

/** Joins a group of that kind as a client of its own would, at a cluster of one broker; the group exists from then on. */
export async function joinGroup(
  port: number,
  membership: GroupMembership,
): Promise<{ readonly leave: () => Promise<void> }> {
  const memberId = randomUUID()
  const granted = await heartbeat(port, membership, { memberId, epoch: JOIN })
  return {
    leave: async () => {
      await heartbeat(port, membership, { memberId: granted ?? memberId, epoch: LEAVE })
    },
  }
}

interface Beat {
  readonly memberId: string
  readonly epoch: number
}

/** @returns the id that the coordinator gave the member */
async function heartbeat(port: number, membership: GroupMembership, beat: Beat): Promise<string | null> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    for (;;) {
      socket.write(framed(requestOf(membership, beat)))
      const { errorCode, message, memberId } = readAnswer(await answerOf(socket))
      if (errorCode === 0) return memberId
      if (!LOADING.has(errorCode)) throw new Error(`${membership.groupId}: error ${errorCode}, ${message}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  } finally {
    socket.destroy()
  }
}

/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: right after a start. */
const LOADING: ReadonlySet<number> = new Set([14, 15, 16])

function requestOf({ kind, groupId, topic }: GroupMembership, { memberId, epoch }: Beat): ProtocolWriter {
  const { apiKey, apiVersion, writeRest } = REQUESTS[kind]
  const writer = new ProtocolWriter()
  writer.int16(apiKey).int16(apiVersion).int32(0).nullableString('kbackup-harness').noTags()
  writer.compactString(groupId).compactString(memberId).int32(epoch)
  writeRest(writer, topic, epoch === JOIN)
  return writer.noTags()
}

/** instance id, rack id, rebalance time-out, topics, assignor, partitions that are owned */
function writeConsumer(writer: ProtocolWriter, topic: string): void {
  writer.compactNullableString(null).compactNullableString(null).int32(REBALANCE_TIMEOUT_MS)
  writeNames(writer, [topic])
  writer.compactNullableString(null)
  writeNames(writer, [])
}

/** rack id, topics */
function writeShare(writer: ProtocolWriter, topic: string): void {
  writer.compactNullableString(null)
  writeNames(writer, [topic])
}

/** endpoint epoch, instance id, rack id, rebalance time-out, topology, tasks, process, endpoint, tags, … */
function writeStreams(writer: ProtocolWriter, topic: string, isJoining: boolean): void {
  writer.int32(0).compactNullableString(null).compactNullableString(null).int32(REBALANCE_TIMEOUT_MS)
  if (isJoining) writeTopology(writer, topic)
  else writer.int8(ABSENT)
  for (let tasks = 0; tasks < 3; tasks++) writeNames(writer, [])
  writer.compactNullableString('process').int8(ABSENT)
  writeNames(writer, [])
  writer.compactNullArray().compactNullArray().boolean(false)
}

function writeTopology(writer: ProtocolWriter, topic: string): void {
  writer.int8(PRESENT).int32(0)
  writer.compactArray(['0'], (subtopology) => {
    writer.compactString(subtopology)
    writeNames(writer, [topic])
    for (let list = 0; list < 5; list++) writeNames(writer, [])
    writer.noTags()
  })
  writer.noTags()
}

function writeNames(writer: ProtocolWriter, names: readonly string[]): void {
  writer.compactArray(names, (name) => void writer.compactString(name))
}

function framed(writer: ProtocolWriter): Buffer {
  const body = Buffer.concat(writer.chunks())
  const length = Buffer.alloc(PREFIX_BYTES)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

async function answerOf(socket: NodeJS.ReadableStream): Promise<Buffer> {
  let received = Buffer.alloc(0)
  while (received.length < PREFIX_BYTES || received.length < PREFIX_BYTES + received.readInt32BE()) {
    const [chunk] = await once(socket, 'data')
    received = Buffer.concat([received, chunk])
  }
  return received.subarray(PREFIX_BYTES)
}

/** All three begin alike: correlation id, tags, throttle time, error, message, member id. */
function readAnswer(answer: Buffer) {
  const reader = new ProtocolReader(answer)
  reader.int32()
  reader.skipTags()
  reader.int32()
  return {
    errorCode: reader.int16(),
    message: reader.compactNullableString(),
    memberId: reader.compactNullableString(),
  }
}

import { describe, expect, it } from 'vitest'
import type { ProtocolReader } from '../protocol/protocol-reader.ts'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { ConnectionLane } from './connection-lane.ts'

const codec: RequestCodec<number, Throttled> = {
  apiKey: 0,
  apiName: 'Test',
  versions: [0, 0],
  flexible: false,
  encode() {},
  decode: (reader: ProtocolReader) => ({ throttleTimeMs: reader.int32() }),
}

/** A connection that never answers by itself. */
class SilentConnection implements BrokerConnection {
  isOpen = true
  readonly sent: unknown[] = []
  readonly #rejections: ((error: Error) => void)[] = []

  send<Request, Response extends Throttled>(
    _codec: RequestCodec<Request, Response>,
    request: Request,
  ): Promise<Response> {
    if (!this.isOpen) return Promise.reject(new Error('broken'))
    this.sent.push(request)
    return new Promise((_resolve, reject) => this.#rejections.push(reject))
  }

  break(): void {
    this.isOpen = false
    for (const reject of this.#rejections) reject(new Error('broken'))
  }

  close(): void {
    this.break()
  }
}

function lane(limit: number) {
  const connections: SilentConnection[] = []
  const open = async () => {
    const connection = new SilentConnection()
    connections.push(connection)
    return connection
  }
  return { connections, lane: new ConnectionLane(open, limit) }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('ConnectionLane', () => {
  it('opens nothing before the first request', () => {
    expect(lane(2).connections).toHaveLength(0)
  })

  it('opens as many connections as are busy, up to its limit, and shares out the rest', async () => {
    const { connections, lane: tested } = lane(3)
    for (let request = 0; request < 6; request++) tested.send(codec, request).catch(() => {})
    await settled()
    expect(connections.map(({ sent }) => sent)).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ])
    tested.close()
  })

  it('opens a new connection when the one it had is broken', async () => {
    const { connections, lane: tested } = lane(1)
    const broken = tested.send(codec, 1)
    await settled()
    connections[0]?.break()
    await expect(broken).rejects.toThrow('broken')
    tested.send(codec, 2).catch(() => {})
    await settled()
    expect(connections.map(({ sent }) => sent)).toEqual([[1], [2]])
    tested.close()
  })

  it('tries to open again after it failed', async () => {
    let attempts = 0
    const tested = new ConnectionLane(async () => {
      attempts += 1
      throw new Error(`attempt ${attempts}`)
    }, 1)
    await expect(tested.send(codec, 1)).rejects.toThrow('attempt 1')
    await expect(tested.send(codec, 2)).rejects.toThrow('attempt 2')
  })

  it('ends the wait for a connection with the reason of the signal', async () => {
    const tested = new ConnectionLane(() => new Promise(() => {}), 1)
    const aborter = new AbortController()
    const reason = new Error('cancelled')
    const waiting = tested.send(codec, 1, { signal: aborter.signal })
    aborter.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(tested.isIdle).toBe(true)
  })

  it('closes what it opened, also what is still opening', async () => {
    const { connections, lane: tested } = lane(1)
    const sending = tested.send(codec, 1)
    tested.close()
    await expect(sending).rejects.toThrow('broken')
    expect(connections.map(({ isOpen }) => isOpen)).toEqual([false])
  })
})

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { kafka } from '../kafka.ts'

let server: Server
let port: number

/** A broker that hangs: it takes connections and never answers. */
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})

afterEach(() => {
  server.close()
})

it('closing ends a connection that waits for a broker which never answers, so that the process can end', async () => {
  const cluster = kafka({ brokers: [`127.0.0.1:${port}`] })
  const aborter = new AbortController()
  const asking = cluster.describeCluster({ signal: aborter.signal })
  const [socket] = (await once(server, 'connection')) as [Socket]
  await once(socket, 'data')
  const reason = new Error('enough')
  aborter.abort(reason)
  await expect(asking).rejects.toBe(reason)
  const closed = once(socket, 'close')
  await cluster.close()
  await closed
})

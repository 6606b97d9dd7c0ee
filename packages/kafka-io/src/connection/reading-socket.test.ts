import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { readingSocket } from './reading-socket.ts'

let server: Server
afterEach(() => server.close())

/** A port of this machine at which everybody is sent the bytes, and then the end. */
async function portThatSends(bytes: Buffer): Promise<number> {
  server = createServer((socket) => socket.end(bytes)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

it('gives every byte in order into the buffers of its reader, however small, and then ends', async () => {
  const sent = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
  const port = await portThatSends(sent)
  const received: Buffer[] = []
  let current = Buffer.alloc(0)
  const buffer = () => {
    current = Buffer.alloc(1 + (received.length % 1_000))
    return current
  }
  const onRead = (length: number) => received.push(current.subarray(0, length))
  const socket = readingSocket({ host: '127.0.0.1', port, ssl: null, onConnect() {} }, { buffer, onRead })
  socket.resume()
  await once(socket, 'end')
  expect(Buffer.concat(received).equals(sent)).toBe(true)
})

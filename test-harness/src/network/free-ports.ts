import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Below the range from which operating systems take the ports of outgoing connections: a client that retries against a
 * broker that is down could otherwise be given the broker's own port, connect to itself, and keep the broker from returning.
 */
const LOWEST_PORT = 15_000
const HIGHEST_PORT = 32_000
const MAX_TRIES = 200

/** Finds ports of 127.0.0.1 on which nothing listens, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: Server[] = []
  try {
    for (let tries = 0; held.length < count; tries += 1) {
      if (tries > MAX_TRIES) throw new Error(`no free port of 127.0.0.1 between ${LOWEST_PORT} and ${HIGHEST_PORT}`)
      const server = await tryListen(randomInt(LOWEST_PORT, HIGHEST_PORT))
      if (server !== undefined) held.push(server)
    }
    return held.map(portOf)
  } finally {
    await Promise.all(held.map(close))
  }
}

async function tryListen(port: number): Promise<Server | undefined> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a listening server has no port')
  return address.port
}

async function close(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

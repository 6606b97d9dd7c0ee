import { once } from 'node:events'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

/** Hands a request to the service at `target` with the host that the caller has signed, and its answer to the caller. */
export async function passThrough(target: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, headers, url = '/' } = incoming
  const outgoing = request(`${target}${url}`, { method, headers })
  // Awaited together: where a client breaks off, both fail.
  const [answered] = await Promise.all([once(outgoing, 'response'), pipeline(incoming, outgoing)])
  const [answer] = answered as [IncomingMessage]
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  await pipeline(answer, response)
}

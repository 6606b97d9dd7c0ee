import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** Answers one request. Where it fails, the connection breaks. */
export type Serve = (incoming: IncomingMessage, response: ServerResponse) => Promise<void>

/** An HTTP service on a free port of 127.0.0.1. */
export class LocalService {
  readonly #server: Server

  constructor(serve: Serve) {
    this.#server = createServer((incoming, response) => {
      serve(incoming, response).catch(() => response.destroy())
    })
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  get endpoint(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the service does not listen')
    return `http://127.0.0.1:${address.port}`
  }
}

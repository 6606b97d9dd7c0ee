import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An authorization server that gives tokens to one client. */
export interface TokenEndpoint extends AsyncDisposable {
  readonly url: string
  /** How often it was asked. */
  readonly asked: () => number
}

/** Answers with what is made for each request where id and secret are right, and refuses them otherwise. */
export async function startTokenEndpoint(
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
  makeToken: () => { readonly access_token: string; readonly expires_in: number },
): Promise<TokenEndpoint> {
  const login = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    request.resume()
    const isKnown = request.headers.authorization === login
    const answer = isKnown ? makeToken() : { error: 'invalid_client', error_description: request.headers.authorization }
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/token`,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

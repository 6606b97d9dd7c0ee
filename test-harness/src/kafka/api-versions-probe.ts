import { once } from 'node:events'
import { connect } from 'node:net'

const ATTEMPT_MS = 2_000

/** Whether a broker answers an ApiVersions request on a listener without protection: it has joined its cluster and serves. */
export async function answersApiVersions(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.setTimeout(ATTEMPT_MS, () => socket.destroy(new Error('no answer')))
  try {
    await once(socket, 'connect')
    socket.write(apiVersionsRequest())
    const [answer] = await once(socket, 'data')
    return Buffer.isBuffer(answer) && answer.length > 8
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** length int32 | api key int16 = 18 | version int16 = 0 | correlation id int32 | client id: nullable string = null */
function apiVersionsRequest(): Buffer {
  const request = Buffer.alloc(14)
  request.writeInt32BE(10, 0)
  request.writeInt16BE(18, 4)
  request.writeInt16BE(-1, 12)
  return request
}

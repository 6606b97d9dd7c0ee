import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

const KEEP_ALIVE_DELAY_MS = 60_000

/** Where a socket leads, and what it is to be protected with. */
export interface ReadingSocketTarget {
  readonly host: string
  readonly port: number
  readonly ssl: object | boolean | null
  readonly onConnect: () => void
}

/** Who takes what a socket receives. */
export interface SocketReader {
  /** Where the next bytes go. */
  buffer(): Buffer
  onRead(length: number): void
}

/**
 * A socket that reads into the buffers of its reader instead of emitting `data`.
 *
 * By itself Node takes 64 KiB anew for each read. Such memory lies outside of its heap, and makes it collect garbage: a
 * gigabyte that is only passed on cost twenty full collections.
 */
export function readingSocket({ host, port, ssl, onConnect }: ReadingSocketTarget, reader: SocketReader): Socket {
  const onread: OnReadOpts = {
    buffer: () => reader.buffer(),
    callback(length) {
      reader.onRead(length)
      return true
    },
  }
  const target = { host, port, onread }
  const socket = ssl ? connectTls(tlsOptions(target, ssl), onConnect) : connect(target, onConnect)
  return socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
}

/** The types of Node leave `onread` out, which its documentation names for TLS too. */
function tlsOptions(
  target: { readonly host: string; readonly port: number; readonly onread: OnReadOpts },
  ssl: object | true,
): ConnectionOptions {
  const serverName = isIP(target.host) === 0 ? { servername: target.host } : {}
  return { ...target, ...serverName, ...(ssl === true ? {} : ssl) }
}

import { KbackupError } from '@kbackup/core'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

const DEFAULT_PORT = 9092

/** The text that names a broker in messages and as a map key: `kafka-1:9092`, `[::1]:9092`. */
export function addressName({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Reads `host`, `host:port` and `[IPv6]:port`. Throws `KB_CONFIG_INVALID` for anything else. */
export function parseAddress(text: string): BrokerAddress {
  const match = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]/\s]+))(?::(?<port>\d{1,5}))?$/.exec(text.trim())
  const host = match?.groups?.bracketed ?? match?.groups?.plain
  const port = Number(match?.groups?.port ?? DEFAULT_PORT)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new KbackupError('KB_CONFIG_INVALID', {
      message: `${text.includes('@') ? 'one that holds an @' : `"${text}"`} is not the address of a broker`,
      hint: 'write it as host:port, for instance kafka-1.example.com:9092',
    })
  }
  return { host, port }
}

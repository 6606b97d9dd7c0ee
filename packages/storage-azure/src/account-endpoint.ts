import { isIP } from 'node:net'
import { KbackupError } from '@kbackup/core'

/**
 * The URL of the blob service of an account, without a slash at its end.
 *
 * An endpoint may be written with the account or without it: emulators, which are reached by an address or a plain host
 * name, have it in the path.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for an endpoint that is no URL of `https:` or `http:`, or that holds more than a
 * place; it is not shown.
 */
export function accountEndpoint(account: string, endpoint: string | undefined): string {
  if (endpoint === undefined) return `https://${account}.blob.core.windows.net`
  const { origin, hostname, pathname } = endpointUrl(endpoint)
  const place = `${origin}${pathname}`.replace(/\/+$/, '')
  const names = hostname.startsWith(`${account}.`) || pathname.split('/').includes(account)
  return names || !hasAccountInPath(hostname) ? place : `${place}/${account}`
}

function endpointUrl(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid('the endpoint of the Azure store is no URL', 'Write it whole, for instance http://127.0.0.1:10000.')
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid(
      'the endpoint of the Azure store has more than scheme, host, port and path',
      'Give a shared access signature as credentials, not in the endpoint.',
    )
  }
  return url
}

function hasAccountInPath(hostname: string): boolean {
  return (
    isIP(hostname) !== 0 || hostname.startsWith('[') || !hostname.includes('.') || hostname === 'host.docker.internal'
  )
}

function invalid(message: string, hint: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', { message, hint })
}

import type { ServiceFailure } from './service-failure.ts'

const PASSING = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EMFILE',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'EPROTO',
  'HPE_INVALID_CONSTANT',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])
const PASSING_NAMES = new Set(['TimeoutError', 'RequestTimeout', 'NetworkingError', 'AbortError'])
const WRONG_PROTOCOL = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'EPROTO', 'HPE_INVALID_CONSTANT'])
const CERTIFICATE = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_)/
const MAX_DEPTH = 5

/**
 * What a failure below HTTP means: connections refused, reset or silent, names that do not resolve, certificates that are
 * not trusted; `undefined` for every other error. Only the system's own code is shown.
 */
export function networkFailure(error: unknown): ServiceFailure | undefined {
  const code = systemCodeOf(error)
  if (code !== undefined && CERTIFICATE.test(code)) return certificateFailure(code)
  if (code !== undefined && PASSING.has(code)) {
    return { code: 'KB_STORE_UNAVAILABLE', reason: code, hint: networkHint(code) }
  }
  if (error instanceof Error && PASSING_NAMES.has(error.name)) {
    return { code: 'KB_STORE_UNAVAILABLE', reason: 'no answer in time' }
  }
  return undefined
}

function certificateFailure(code: string): ServiceFailure {
  return {
    code: 'KB_STORE_FAILED',
    reason: `the certificate of the service is not trusted (${code})`,
    hint: 'Name the certificate authority in the environment variable NODE_EXTRA_CA_CERTS, or check the endpoint.',
  }
}

function networkHint(code: string): string | undefined {
  if (code === 'ENOTFOUND') return 'The host name does not resolve; check the endpoint, the region and the bucket.'
  if (code === 'ECONNREFUSED') return 'Nothing listens there; check the endpoint and its port.'
  if (WRONG_PROTOCOL.has(code)) return 'Check whether the endpoint speaks http or https.'
  return undefined
}

/** The code of the operating system, of the error or of what caused it. */
function systemCodeOf(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return undefined
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (own !== undefined && (PASSING.has(own) || CERTIFICATE.test(own))) return own
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  return systemCodeOf(inner, depth + 1)
}

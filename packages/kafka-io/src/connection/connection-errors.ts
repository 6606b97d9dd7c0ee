import { KbackupError } from '@kbackup/core'

/** What a failure is told with: which broker, and with which mechanism the connection authenticates. */
export interface FailurePlace {
  readonly broker: string
  readonly saslMechanism: string | undefined
}

/** The error names and codes of Node and OpenSSL that tell of a TLS connection that cannot be made or trusted. */
const TLS_CODE = /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|HOSTNAME_|EPROTO$)/

/** What brokers alert a client of that shows no certificate, in TLS 1.3 and before. */
const CLIENT_CERTIFICATE_MISSING = /_ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE)$/
const CLIENT_CERTIFICATE_REFUSED =
  /_ALERT_(CERTIFICATE_(UNKNOWN|EXPIRED|REVOKED)|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$/

const UNSUPPORTED_SASL_MECHANISM = 33
const ILLEGAL_SASL_STATE = 34

interface Failure {
  readonly name: string
  readonly code: string | number | undefined
}

/** Turns what kafkajs and Node throw into a typed error, by class and code, never by message. */
export function connectionError(error: unknown, place: FailurePlace): KbackupError {
  if (KbackupError.is(error)) return error
  const failure = readFailure(error)
  if (typeof failure.code === 'string' && TLS_CODE.test(failure.code)) return tlsError(failure.code, place)
  return unavailableError(error, failure, place)
}

/**
 * The error of an authentication that failed. It has no cause and quotes nothing: what authenticators throw, a user's
 * own ones above all, may bear a secret.
 *
 * @param answer what the broker's last answer to the authentication failed with; `undefined` where it refused nothing
 */
export function authenticationError(answer: unknown, place: FailurePlace): KbackupError {
  const failure = readFailure(answer)
  if (isConnectionFailure(failure)) return connectionError(answer, place)
  const mechanism = place.saslMechanism ?? 'no mechanism'
  const details = { broker: place.broker, mechanism }
  if (answer === undefined) {
    return new KbackupError('KB_KAFKA_AUTHENTICATION', {
      message: `the client's side of SASL ${mechanism} failed at ${place.broker}, before the broker decided`,
      hint: 'look at what gives the credentials, such as `oauthBearerProvider`: its own error is not shown, since it may bear a secret',
      details,
    })
  }
  if (failure.code === UNSUPPORTED_SASL_MECHANISM || failure.code === ILLEGAL_SASL_STATE) {
    return new KbackupError('KB_KAFKA_AUTHENTICATION', {
      message: `${place.broker} does not take SASL ${mechanism}`,
      hint: 'choose a mechanism that this listener offers, or the address of a listener that offers this one',
      details,
    })
  }
  return new KbackupError('KB_KAFKA_AUTHENTICATION', {
    message: `${place.broker} refused the SASL ${mechanism} credentials`,
    hint: 'check user name, password and mechanism, and that the user exists on this cluster',
    details,
  })
}

function tlsError(code: string, { broker }: FailurePlace): KbackupError {
  return new KbackupError('KB_KAFKA_TLS', {
    message: `no TLS connection to ${broker} can be made: ${code}`,
    hint: tlsHint(code),
    details: { broker, code },
  })
}

function tlsHint(code: string): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'the certificate is for another host name: use a name that it bears, or have the broker advertise that one'
  }
  if (code === 'CERT_HAS_EXPIRED') return "the broker's certificate has expired: renew it"
  if (code === 'CERT_NOT_YET_VALID') return "the broker's certificate is not valid yet: check the clocks"
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/.test(code)) {
    return 'give the certificate authority that signed the broker’s certificate (`ssl.ca`; in YAML `ssl_ca_location`)'
  }
  if (CLIENT_CERTIFICATE_MISSING.test(code)) {
    return 'the broker demands a client certificate: give one with its key (`ssl.cert`, `ssl.key`; in YAML `ssl_certificate_location`, `ssl_key_location`)'
  }
  if (CLIENT_CERTIFICATE_REFUSED.test(code)) {
    return 'the broker refuses the certificate of this client: give one that has not expired, and that an authority in the trust store of the broker has signed'
  }
  return 'check that the listener speaks TLS, and the versions and ciphers that it takes'
}

function unavailableError(error: unknown, failure: Failure, { broker }: FailurePlace): KbackupError {
  const code = typeof failure.code === 'string' ? failure.code : failure.name
  return new KbackupError('KB_KAFKA_UNAVAILABLE', {
    message: `the connection to ${broker} failed: ${reasonOf(failure)}`,
    hint: unavailableHint(failure),
    details: { broker, code },
    cause: error,
  })
}

function reasonOf({ name, code }: Failure): string {
  if (typeof code === 'string') return code
  if (name === 'KafkaJSConnectionClosedError') return 'the broker closed it'
  if (name === 'KafkaJSRequestTimeoutError') return 'no answer in time'
  return 'it could not be made in time, or broke'
}

function unavailableHint({ name, code }: Failure): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'check the host name, and that it resolves from here'
  if (code === 'ECONNREFUSED') return 'check host and port, and that the broker runs'
  if (name === 'KafkaJSConnectionClosedError' || code === 'ECONNRESET') {
    return 'a listener that closes connections at once often expects SASL, TLS or a client certificate, or none of them: check the security settings'
  }
  return 'check that the advertised addresses of the brokers can be reached from here'
}

function isConnectionFailure({ name }: Failure): boolean {
  return (
    name === 'KafkaJSConnectionError' ||
    name === 'KafkaJSConnectionClosedError' ||
    name === 'KafkaJSRequestTimeoutError'
  )
}

function readFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'unknown', code: undefined }
  const code: unknown = 'code' in error ? error.code : undefined
  return { name: error.name, code: typeof code === 'string' || typeof code === 'number' ? code : undefined }
}

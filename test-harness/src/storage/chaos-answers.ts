/** An answer that a service gives instead of doing what it was asked. */
export interface ChaosAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** How a service says that it failed, and that it wants fewer requests. */
export interface ChaosAnswers {
  readonly error: ChaosAnswer
  readonly throttle: ChaosAnswer
}

const xml = { 'content-type': 'application/xml' }
const json = { 'content-type': 'application/json' }

/** The answers of the services, as their documentation shows them. */
export const CHAOS_ANSWERS = {
  s3: {
    error: { status: 500, headers: xml, body: xmlError('InternalError') },
    throttle: { status: 503, headers: xml, body: xmlError('SlowDown') },
  },
  azure: {
    error: { status: 500, headers: { ...xml, 'x-ms-error-code': 'InternalError' }, body: xmlError('InternalError') },
    throttle: { status: 503, headers: { ...xml, 'x-ms-error-code': 'ServerBusy' }, body: xmlError('ServerBusy') },
  },
  gcs: {
    error: { status: 503, headers: json, body: jsonError(503, 'backendError') },
    throttle: { status: 429, headers: json, body: jsonError(429, 'rateLimitExceeded') },
  },
} satisfies Record<string, ChaosAnswers>

function xmlError(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>by schedule</Message></Error>`
}

function jsonError(code: number, reason: string): string {
  return JSON.stringify({ error: { code, message: 'by schedule', errors: [{ reason, message: 'by schedule' }] } })
}

import type { ScriptedAnswer, ScriptedRequest } from '@kbackup/core/testing'

/** How a store fails that repeats all it was told, wherever an answer has room for it. */
export type EchoingFailure = (echo: string) => ScriptedAnswer

const XML = { 'content-type': 'application/xml' }

/** Each as S3, Azure and Google would say it, to whoever reads only his own part of it. */
export const ECHOING_FAILURES: Readonly<Record<string, EchoingFailure>> = {
  'a wrong key': (echo) => refusal(403, 'SignatureDoesNotMatch', echo),
  'credentials that are not known': (echo) => refusal(401, 'AuthenticationFailed', echo),
  'a lack of rights': (echo) => refusal(403, 'AccessDenied', echo),
  'nothing there': (echo) => refusal(404, 'NoSuchKey', echo),
  'no such bucket': (echo) => refusal(404, 'NoSuchBucket', echo),
  'a request that is not understood': (echo) => refusal(400, echo, echo),
  'a conflict': (echo) => refusal(409, 'OperationAborted', echo),
  'a condition that fails': (echo) => refusal(412, 'ConditionNotMet', echo),
  'an error of the service': (echo) => refusal(500, 'InternalError', echo),
  throttling: (echo) => ({ ...refusal(503, 'SlowDown', echo), headers: { 'retry-after': '0', ...repeated(echo) } }),
  'a strange Retry-After': (echo) => ({ ...refusal(503, 'ServerBusy', echo), headers: { 'retry-after': line(echo) } }),
  'a redirect': (echo) => ({
    status: 307,
    headers: { location: `http://127.0.0.1:1/?${encodeURIComponent(echo)}` },
    body: echo,
  }),
  'an answer that means nothing': (echo) => ({ status: 200, headers: { ...XML, ...repeated(echo) }, body: echo }),
  'an answer that breaks off': (echo) => ({ status: 200, headers: XML, body: echo, breaksAfter: 20 }),
  'a connection that breaks': () => ({ hangsUp: true }),
}

/** All that a request says, and the secrets that it has only signed with. */
export function echoOf({ method, url, headers, body }: ScriptedRequest, secrets: Iterable<string>): string {
  const said = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [...secrets, `${method} ${url}`, ...said, body.toString('latin1').slice(0, 2_000)].join('\n')
}

function refusal(status: number, code: string, echo: string): ScriptedAnswer {
  const body =
    status === 401
      ? JSON.stringify({ error: { code: status, message: echo, errors: [{ reason: code, message: echo }] } })
      : `<?xml version="1.0"?><Error><Code>${escaped(code)}</Code><Message>${escaped(echo)}</Message></Error>`
  return { status, headers: { ...XML, ...repeated(echo) }, body }
}

/** Headers from which a client might take something over. */
function repeated(echo: string): Readonly<Record<string, string>> {
  const names = ['x-amz-request-id', 'x-amz-id-2', 'x-ms-request-id', 'x-ms-error-code', 'x-guploader-uploadid', 'etag']
  return Object.fromEntries(names.map((name) => [name, line(echo)]))
}

/** What a header can hold; all of them together, 16 KiB. */
function line(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 2_400)
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[^\x20-\x7e\n]/g, '?')
}

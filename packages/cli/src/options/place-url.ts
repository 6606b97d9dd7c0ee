import { closeNames, KbackupError } from '@kbackup/core'

const URL_FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)\/?([^?#]*)(?:\?([^#]*))?(#.*)?$/is

/** A `--path` that is a URL, in its parts. */
export interface PlaceUrl {
  /** As it was given. */
  readonly path: string
  /** In small letters. */
  readonly scheme: string
  readonly host: string
  /** What follows the host, without the slash before it. */
  readonly rest: string
  readonly query: string
  /** What follows a `#`, which no place has: a sign of a key that was not encoded, perhaps. */
  readonly fragment: string
}

/** The parts of a `--path`; `undefined` where it is no URL. */
export function placeUrl(path: string): PlaceUrl | undefined {
  const [, scheme, host = '', rest = '', query = '', fragment = ''] = URL_FORM.exec(path) ?? []
  return scheme === undefined ? undefined : { path, scheme: scheme.toLowerCase(), host, rest, query, fragment }
}

/** The parameters of a URL by their names; refuses those that are not known, and the credentials of a host. */
export function placeParameters<Name extends string>(
  { path, host, query, fragment }: PlaceUrl,
  { known, credentials }: { readonly known: readonly Name[]; readonly credentials: string },
): Partial<Record<Name, string>> {
  // A key may have a slash or a mark of its own, so that what follows the colon is not the whole of it.
  if (/[@:]/.test(host)) throw wrongPlace(path, 'holds credentials', credentials)
  if (fragment !== '') throw wrongPlace(path, 'has a part behind a #', 'leave it out')
  const given = new URLSearchParams(query)
  const parameters: Partial<Record<Name, string>> = {}
  for (const [name, value] of given) {
    const parameter = known.find((candidate) => candidate === name)
    if (parameter === undefined) throw unknownParameter(path, name, known)
    if (parameters[parameter] !== undefined) throw wrongPlace(path, `has ${name} twice`, 'give it once')
    parameters[parameter] = value
  }
  return parameters
}

/** The error for a place that cannot be; what may be a secret in it is not repeated. */
export function wrongPlace(path: string, what: string, hint: string): KbackupError {
  return new KbackupError('KB_USAGE', { message: `--path ${withoutSecrets(path)} ${what}`, hint })
}

/** A URL without credentials, parameters, and what follows a mark. Credentials may have any sign in them. */
export function withoutSecrets(url: string): string {
  const place = /\/\/[^/?#]*[@:]/.test(url) ? url.replace(/\/\/.*@/s, '//').replace(/\/\/[^/?#]*:.*/s, '//…') : url
  return place.replace(/[?#].*$/s, '')
}

function unknownParameter(path: string, name: string, known: readonly string[]): KbackupError {
  const [close] = closeNames(name, known)
  const hint = close === undefined ? `known are ${known.join(', ')}` : `did you mean ${close}?`
  return wrongPlace(path, 'has a parameter that is not known', hint)
}

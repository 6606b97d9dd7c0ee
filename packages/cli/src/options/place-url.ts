import { closeNames, KbackupError } from '@kbackup/core'

const URL_FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)\/?([^?#]*)(?:\?([^#]*))?$/i

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
}

/** The parts of a `--path`; `undefined` where it is no URL. */
export function placeUrl(path: string): PlaceUrl | undefined {
  const [, scheme, host = '', rest = '', query = ''] = URL_FORM.exec(path) ?? []
  return scheme === undefined ? undefined : { path, scheme: scheme.toLowerCase(), host, rest, query }
}

/** The parameters of a URL by their names; refuses those that are not known, and the credentials of a host. */
export function placeParameters<Name extends string>(
  { path, host, rest, query }: PlaceUrl,
  { known, credentials }: { readonly known: readonly Name[]; readonly credentials: string },
): Partial<Record<Name, string>> {
  if (holdsCredentials(`${host}/${rest}`)) throw wrongPlace(path, 'holds credentials', credentials)
  const given = new URLSearchParams(query)
  const parameters: Partial<Record<Name, string>> = {}
  for (const [name, value] of given) {
    const parameter = known.find((candidate) => candidate === name)
    if (parameter === undefined) throw unknownParameter(path, name, known)
    parameters[parameter] = value
  }
  return parameters
}

/** The error for a place that cannot be; what may be a secret in it is not repeated. */
export function wrongPlace(path: string, what: string, hint: string): KbackupError {
  return new KbackupError('KB_USAGE', { message: `--path ${withoutSecrets(path)} ${what}`, hint })
}

/** A URL without credentials and parameters. */
export function withoutSecrets(url: string): string {
  const [scheme = '', ...places] = url.replace(/\?.*$/, '').split('//')
  const place = places.join('//')
  return [scheme, holdsCredentials(place) ? place.replace(CREDENTIALS, '') : place].join('//')
}

// A secret may hold slashes, those of Amazon do.
const CREDENTIALS = /^(?:[^/]*:.*|[^/]*)@/

function holdsCredentials(place: string): boolean {
  return CREDENTIALS.test(place)
}

function unknownParameter(path: string, name: string, known: readonly string[]): KbackupError {
  const [close] = closeNames(name, known)
  const hint = close === undefined ? `known are ${known.join(', ')}` : `did you mean ${close}?`
  return wrongPlace(path, 'has a parameter that is not known', hint)
}

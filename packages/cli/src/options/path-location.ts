import { KbackupError } from '@kbackup/core'
import { azureLocation } from './azure-url.ts'
import { fileUrlDirectory } from './file-url.ts'
import { gcsLocation } from './gcs-url.ts'
import { type PlaceUrl, placeUrl, withoutSecrets } from './place-url.ts'
import { s3Location } from './s3-url.ts'
import type { StoreLocation } from './store-location.ts'

const IN_THE_CLOUD: ReadonlyMap<string, (url: PlaceUrl) => StoreLocation> = new Map<
  string,
  (url: PlaceUrl) => StoreLocation
>([
  ['s3', s3Location],
  ['gs', gcsLocation],
  ['gcs', gcsLocation],
  ['az', azureLocation],
  ['azure', azureLocation],
])
/** `s3a://bucket`, `s3:/bucket`; of a Windows path, which begins with one letter and a colon, this is none. */
const LIKE_A_URL = /^[a-z][a-z0-9+.-]+:\//i

/** The place that `--path` names: a path, a `file:` URL, or a URL of a store in the cloud. */
export function pathLocation(path: string): StoreLocation {
  if (path.startsWith('file:')) return { backend: 'filesystem', directory: fileUrlDirectory(path) }
  const url = placeUrl(path)
  const locate = url === undefined ? undefined : IN_THE_CLOUD.get(url.scheme)
  if (url !== undefined && locate !== undefined) return locate(url)
  // As a folder it would be made below this one, and everything would say that it went well.
  if (LIKE_A_URL.test(path)) throw unknownKind(path)
  return { backend: 'filesystem', directory: path }
}

/** What surely is no secret. */
function shown(path: string): string {
  return placeUrl(path) === undefined ? `${path.slice(0, path.indexOf('/'))}…` : withoutSecrets(path)
}

function unknownKind(path: string): KbackupError {
  return new KbackupError('KB_UNSUPPORTED', {
    message: `--path ${shown(path)}: archives cannot lie behind this kind of URL`,
    hint: 'give the path of a folder, s3://bucket, gs://bucket, or az://account/container',
  })
}

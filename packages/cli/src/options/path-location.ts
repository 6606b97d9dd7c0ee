import { fileURLToPath } from 'node:url'
import { KbackupError } from '@kbackup/core'
import { azureLocation } from './azure-url.ts'
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
const OTHER = /^(abfss?|https?)$/

/** The place that `--path` names: a path, a `file:` URL, or a URL of a store in the cloud. */
export function pathLocation(path: string): StoreLocation {
  const url = placeUrl(path)
  if (url === undefined) return folder(path)
  const locate = IN_THE_CLOUD.get(url.scheme)
  if (locate !== undefined) return locate(url)
  if (OTHER.test(url.scheme)) throw unknownKind(path)
  return folder(path)
}

function folder(path: string): StoreLocation {
  return { backend: 'filesystem', directory: path.startsWith('file:') ? fileUrlDirectory(path) : path }
}

function fileUrlDirectory(path: string): string {
  try {
    return fileURLToPath(path)
  } catch (cause) {
    throw new KbackupError('KB_USAGE', {
      message: `--path ${path} is not a file URL`,
      hint: 'write file:///folder, or the path alone',
      cause,
    })
  }
}

function unknownKind(path: string): KbackupError {
  return new KbackupError('KB_UNSUPPORTED', {
    message: `--path ${withoutSecrets(path)}: archives cannot lie behind this kind of URL`,
    hint: 'give the path of a folder, s3://bucket, gs://bucket, or az://account/container',
  })
}

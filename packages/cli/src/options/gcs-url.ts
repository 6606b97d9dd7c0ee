import { type PlaceUrl, placeParameters, wrongPlace } from './place-url.ts'
import type { GcsLocation } from './store-location.ts'

const PARAMETERS = ['endpoint', 'project'] as const
const CREDENTIALS = 'name a key file in GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login'

/** The place of `gs://bucket/prefix?endpoint=…&project=…`. */
export function gcsLocation(url: PlaceUrl): GcsLocation {
  const { path, host, rest } = url
  if (host === '') throw wrongPlace(path, 'names no bucket', 'write gs://bucket, or gs://bucket/prefix')
  const parameters = placeParameters(url, { known: PARAMETERS, credentials: CREDENTIALS })
  return { backend: 'gcs', bucket: host, prefix: rest === '' ? undefined : rest, ...parameters }
}

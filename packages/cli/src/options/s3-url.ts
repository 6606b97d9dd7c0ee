import { type PlaceUrl, placeParameters, wrongPlace } from './place-url.ts'
import type { S3Location } from './store-location.ts'

const PARAMETERS = ['endpoint', 'region', 'path_style'] as const

/** The place of `s3://bucket/prefix?endpoint=…&region=…&path_style=true`. */
export function s3Location(url: PlaceUrl): S3Location {
  const { path, host, rest } = url
  if (host === '') throw wrongPlace(path, 'names no bucket', 'write s3://bucket, or s3://bucket/prefix')
  const credentials = 'give them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile'
  const { endpoint, region, path_style } = placeParameters(url, { known: PARAMETERS, credentials })
  return {
    backend: 's3',
    bucket: host,
    prefix: rest === '' ? undefined : rest,
    endpoint,
    region,
    pathStyle: flag(path, path_style),
  }
}

function flag(path: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined
  if (value === 'true' || value === 'false') return value === 'true'
  throw wrongPlace(path, 'has a path_style that is neither true nor false', 'write path_style=true')
}

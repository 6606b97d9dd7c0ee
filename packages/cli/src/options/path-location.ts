import { fileURLToPath } from 'node:url'
import { closeNames, KbackupError } from '@kbackup/core'
import type { S3Location, StoreLocation } from './store-location.ts'

const URL_FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)\/?([^?#]*)(?:\?([^#]*))?$/i
const S3_PARAMETERS = ['endpoint', 'region', 'path_style'] as const
const LATER = /^(gs|gcs|az|azure|abfss?|https?)$/i

type S3Parameter = (typeof S3_PARAMETERS)[number]

/** The place that `--path` names: a path, a `file:` URL, or `s3://bucket/prefix?endpoint=…&region=…&path_style=true`. */
export function pathLocation(path: string): StoreLocation {
  const [, scheme = '', host = '', prefix = '', query = ''] = URL_FORM.exec(path) ?? []
  if (scheme.toLowerCase() === 's3') return s3Location({ path, host, prefix, query })
  if (LATER.test(scheme)) throw later(path)
  return { backend: 'filesystem', directory: path.startsWith('file:') ? fileUrlDirectory(path) : path }
}

interface UrlParts {
  readonly path: string
  readonly host: string
  readonly prefix: string
  readonly query: string
}

function s3Location({ path, host, prefix, query }: UrlParts): S3Location {
  if (host === '') throw wrong(path, 'names no bucket', 'write s3://bucket, or s3://bucket/prefix')
  if (host.includes('@')) {
    throw wrong(path, 'holds credentials', 'give them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile')
  }
  const given = new URLSearchParams(query)
  for (const name of given.keys()) assertParameter(path, name)
  const value = (name: S3Parameter): string | undefined => given.get(name) ?? undefined
  return {
    backend: 's3',
    bucket: host,
    prefix: prefix === '' ? undefined : prefix,
    endpoint: value('endpoint'),
    region: value('region'),
    pathStyle: flag(path, value('path_style')),
  }
}

function assertParameter(path: string, name: string): void {
  if (S3_PARAMETERS.some((known) => known === name)) return
  const [close] = closeNames(name, S3_PARAMETERS)
  const hint = close === undefined ? `known are ${S3_PARAMETERS.join(', ')}` : `did you mean ${close}?`
  throw wrong(path, 'has a parameter that is not known', hint)
}

function flag(path: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined
  if (value === 'true' || value === 'false') return value === 'true'
  throw wrong(path, 'has a path_style that is neither true nor false', 'write path_style=true')
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

function wrong(path: string, what: string, hint: string): KbackupError {
  return new KbackupError('KB_USAGE', { message: `--path ${withoutSecrets(path)} ${what}`, hint })
}

function later(path: string): KbackupError {
  return new KbackupError('KB_UNSUPPORTED', {
    message: `--path ${withoutSecrets(path)}: this kind of store is not supported by this version`,
    hint: 'it comes with a later release; until then give the path of a folder, or s3://bucket',
  })
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//').replace(/\?.*$/, '')
}

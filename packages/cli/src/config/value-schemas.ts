import { type Instant, instantToMs, KbackupError, selectTopics } from '@kbackup/core'
import { z } from 'zod'
import { durationToMs, sizeToBytes } from './quantities.ts'
import { Secret } from './secret.ts'

/** Text that is not empty. */
export function text() {
  return z.string().min(1)
}

/** The path of a folder. A URL would be taken for one, made, and filled. */
export function folderPath() {
  return text().refine((path) => path.startsWith('file:') || !/^[a-z][a-z0-9+.-]+:\//i.test(path), {
    message: 'is a URL; name a folder, or give backend s3, gcs or azure with the keys of its bucket',
  })
}

/** The name of a bucket, a container or an account. */
export function placeName() {
  return text().refine((name) => !/:\/\/|[@?#]/.test(name), {
    message: 'is not a name; give the name alone, without scheme, credentials or prefix',
  })
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return z.int().min(min).max(max)
}

/** One of a few words. */
export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values)
}

/**
 * One of a few words that other tools spell in other cases, or with other signs between: `scram_sha256` is
 * `SCRAM-SHA-256`.
 */
export function looseChoice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.preprocess((value) => spelledAs(value, values), z.enum(values))
}

function spelledAs(value: unknown, values: readonly string[]): unknown {
  if (typeof value !== 'string') return value
  return values.find((candidate) => bare(candidate) === bare(value)) ?? value
}

function bare(word: string): string {
  return word.replace(/[-_]/g, '').toUpperCase()
}

/** Text that must not be shown. */
export function secret() {
  return text().transform((value) => new Secret(value))
}

/** A moment as epoch milliseconds or ISO 8601 text; gives epoch milliseconds. */
export function instant() {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    try {
      return instantToMs(value satisfies Instant, '')
    } catch (error) {
      context.addIssue({ code: 'custom', message: remedyOf(error) })
      return z.NEVER
    }
  })
}

/** A size in bytes, or with its unit; gives bytes. */
export function size(minBytes: number) {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const bytes = sizeToBytes(value)
    if (bytes !== undefined && bytes >= minBytes) return bytes
    context.addIssue({
      code: 'custom',
      message:
        bytes === undefined
          ? `'${value}' is not a size; write bytes, or a unit with it such as 64MiB`
          : `${bytes} bytes are too few; give at least ${minBytes}`,
    })
    return z.NEVER
  })
}

/** A time with its unit; gives milliseconds. */
export function duration() {
  return z.string().transform((value, context) => {
    const ms = durationToMs(value)
    if (ms !== undefined && ms > 0) return ms
    context.addIssue({
      code: 'custom',
      message: `'${value}' is not a duration; write the unit with it, such as 30s or 5m`,
    })
    return z.NEVER
  })
}

/** A topic name, a glob, or a regular expression after `~`. */
export function topicPattern() {
  return z.string().superRefine((pattern, context) => {
    try {
      selectTopics([pattern], [])
    } catch (error) {
      context.addIssue({ code: 'custom', message: remedyOf(error) })
    }
  })
}

function remedyOf(error: unknown): string {
  if (!KbackupError.is(error)) throw error
  const what = error.message.replace(/^: /, '')
  return error.hint === undefined ? what : `${what}, ${error.hint}`
}

import { closeNames } from '@kbackup/core'
import type { z } from 'zod'
import { type ConfigFile, type ConfigPath, valueAt } from './config-file.ts'
import type { ConfigIssue } from './config-issue.ts'
import { configSchema } from './config-schema.ts'
import { FOREIGN_KEYS } from './foreign-keys.ts'
import { factsAt, keysOf, schemaAt, sectionOf } from './schema-walk.ts'

type SchemaIssue = z.core.$ZodIssue

/**
 * What the schema found, in our words and with its places. No value of a secret, and none that came from a variable, is
 * in them.
 */
export function schemaIssues(
  file: ConfigFile,
  values: unknown,
  issues: readonly SchemaIssue[],
): readonly ConfigIssue[] {
  return issues.flatMap(flattened).flatMap((issue) => ofIssue(file, values, issue))
}

/** Of the branches of a union, the one that got furthest is what was meant. */
function flattened(issue: SchemaIssue): readonly SchemaIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const branch = issue.errors.find(
    (errors) => !errors.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  )
  return branch === undefined ? [issue] : branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
}

function ofIssue(file: ConfigFile, values: unknown, issue: SchemaIssue): readonly ConfigIssue[] {
  const path = configPath(issue.path)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(file, [...path, key]))
  return [
    {
      place: file.placeOf(path),
      path: pathText(path),
      what: masked(file, path, problem(values, issue)),
      kind: 'invalid',
    },
  ]
}

function unknownKey(file: ConfigFile, path: ConfigPath): ConfigIssue {
  return {
    place: file.placeOfKey(path),
    path: pathText(path),
    what: `is not a known key; ${remedyForUnknownKey(path)}`,
    kind: 'invalid',
  }
}

function remedyForUnknownKey(path: ConfigPath): string {
  const foreign = FOREIGN_KEYS.get(pathText(path))
  if (foreign !== undefined) return foreign
  const schema = schemaAt(configSchema, path.slice(0, -1))
  const section = schema === undefined ? undefined : sectionOf(schema)
  const known = section === undefined ? [] : keysOf(section).map(([name]) => name)
  const [closest] = closeNames(String(path.at(-1)), known)
  return closest === undefined ? `known here are ${known.join(', ')}` : `did you mean ${closest}?`
}

function problem(values: unknown, issue: SchemaIssue): string {
  if (issue.code === 'custom') return issue.message
  const path = configPath(issue.path)
  const value = valueAt(values, path)
  const facts = factsAt(configSchema, path)
  const expected = facts?.values === undefined ? (facts?.type ?? 'a section') : `one of ${facts.values.join(', ')}`
  if (issue.code === 'invalid_key') return `the key is not accepted; ${expected} is expected`
  if (value === undefined) return `is missing; ${expected} is expected`
  if (value === null) return `is empty; give it a value (${expected}), or remove the key`
  if (issue.code === 'too_small' || issue.code === 'too_big') return boundProblem(issue, value)
  if (issue.code === 'invalid_format' && !issue.message.startsWith('Invalid')) return issue.message
  return `${facts?.secret ? 'the value' : shown(value)} is not accepted; ${expected} is expected`
}

function boundProblem(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, value: unknown): string {
  if (typeof value !== 'number') return 'is empty; give it a value, or remove the key'
  const bound = issue.code === 'too_small' ? `${issue.minimum} or more` : `${issue.maximum} or less`
  return `${value} is out of bounds; ${bound} is expected`
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a section'
  return typeof value === 'string' ? `'${value}'` : String(value)
}

/** What a variable held may be anything, so a message shows the variable instead. */
export function masked(file: ConfigFile, path: ConfigPath, what: string): string {
  const substitution = file.substitutionAt(path)
  if (substitution === undefined || substitution.text === '') return what
  return what.replaceAll(substitution.text, substitution.variables.map((name) => `\${${name}}`).join(' '))
}

function configPath(path: readonly PropertyKey[]): ConfigPath {
  return path.map((segment) => (typeof segment === 'number' ? segment : String(segment)))
}

/** `restore.topics[0].name` */
export function pathText(path: ConfigPath): string {
  return path
    .map((segment, index) => (typeof segment === 'number' ? `[${segment}]` : `${index === 0 ? '' : '.'}${segment}`))
    .join('')
}

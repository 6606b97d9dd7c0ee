import type { z } from 'zod'
import type { ConfigFile } from './config-file.ts'

const NUMBER = /^-?(0|[1-9]\d*)$/
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

/**
 * Variables hold text. Where the schema refused such text, and the value is one `${NAME}` and nothing else, the
 * number or boolean that the text spells is put in its place. Going by what the schema refused keeps a password of digits
 * text.
 *
 * @returns whether any value was put in place
 */
export function retypeVariables(file: ConfigFile, values: unknown, issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.map(({ path }) => retype(file, values, path)).includes(true)
}

function retype(file: ConfigFile, values: unknown, path: readonly PropertyKey[]): boolean {
  const substitution = file.substitutionAt(
    path.map((segment) => (typeof segment === 'number' ? segment : String(segment))),
  )
  if (!substitution?.isWhole) return false
  const value = scalarOf(substitution.text)
  const last = path.at(-1)
  const parent = path.slice(0, -1).reduce<unknown>(child, values)
  if (value === undefined || last === undefined || !isContainer(parent) || parent[last] === value) return false
  parent[last] = value
  return true
}

function scalarOf(text: string): number | boolean | undefined {
  return NUMBER.test(text) ? Number(text) : BOOLEANS.get(text)
}

function child(value: unknown, segment: PropertyKey): unknown {
  return isContainer(value) && Object.hasOwn(value, segment) ? value[segment] : undefined
}

function isContainer(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}

import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import type { KeyFacts } from './config-key.ts'
import { entryOf, keysOf, sectionOf } from './schema-walk.ts'

/** A key that is known, and that this version does not do. */
export interface UnsupportedKey {
  readonly path: readonly (string | number)[]
  /** What it asks for: `continuous backup`. */
  readonly feature: string
}

/** Finds what a configuration asks for that this version does not do. */
export function unsupportedKeys(schema: z.core.$ZodType, value: unknown): readonly UnsupportedKey[] {
  return [...walk(schema, value, [])]
}

function* walk(schema: z.core.$ZodType, value: unknown, path: readonly (string | number)[]): Generator<UnsupportedKey> {
  const entry = entryOf(schema)
  if (Array.isArray(value) && entry !== undefined) {
    for (const [index, element] of value.entries()) yield* walk(entry, element, [...path, index])
  }
  const section = sectionOf(schema)
  if (section === undefined || !isSection(value)) return
  for (const [name, keySchema, facts] of keysOf(section)) {
    if (!Object.hasOwn(value, name)) continue
    yield* ofKey(facts, value[name], [...path, name])
    yield* walk(keySchema, value[name], [...path, name])
  }
}

function* ofKey(facts: KeyFacts, value: unknown, path: readonly (string | number)[]): Generator<UnsupportedKey> {
  const isAccepted = facts.accepts?.some((accepted) => isDeepStrictEqual(accepted, value)) ?? false
  if (facts.later !== undefined && !isAccepted) yield { path, feature: facts.later }
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

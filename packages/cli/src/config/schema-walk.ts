import { z } from 'zod'
import { configKeys, type KeyFacts } from './config-key.ts'

type Schema = z.core.$ZodType

/** The object schema behind optional keys, transforms and unions; `undefined` where there is none. */
export function sectionOf(schema: Schema): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema
  if (schema instanceof z.ZodOptional) return sectionOf(schema.unwrap())
  if (schema instanceof z.ZodUnion) return schema.options.map(sectionOf).find((section) => section !== undefined)
  return undefined
}

/** The schema of the entries of a list. */
export function entryOf(schema: Schema): Schema | undefined {
  if (schema instanceof z.ZodOptional) return entryOf(schema.unwrap())
  if (schema instanceof z.ZodArray) return schema.element
  return undefined
}

/** The schema at a path, as far as there is one. */
export function schemaAt(root: Schema, path: readonly PropertyKey[]): Schema | undefined {
  return path.reduce<Schema | undefined>((schema, segment) => {
    if (schema === undefined) return undefined
    if (typeof segment === 'number') return entryOf(schema)
    const shape: Readonly<Record<string, Schema>> = sectionOf(schema)?.shape ?? {}
    return Object.hasOwn(shape, String(segment)) ? shape[String(segment)] : undefined
  }, root)
}

/** What is known of the key at a path; of a list's entry, of the list. */
export function factsAt(root: Schema, path: readonly PropertyKey[]): KeyFacts | undefined {
  for (let length = path.length; length > 0; length--) {
    const schema = schemaAt(root, path.slice(0, length))
    const facts = schema === undefined ? undefined : configKeys.get(schema)
    if (facts !== undefined) return facts
  }
  return undefined
}

/** The keys of a section, with what is known of them. */
export function keysOf(section: z.ZodObject): readonly (readonly [name: string, schema: Schema, facts: KeyFacts])[] {
  const shape: Readonly<Record<string, Schema>> = section.shape
  return Object.entries(shape).map(([name, schema]) => {
    const facts = configKeys.get(schema)
    if (facts === undefined) throw new Error(`the key ${name} has no description`)
    return [name, schema, facts] as const
  })
}

import { z } from 'zod'

/** What is known of a configuration key beside its shape: from this the reference page and the error messages are made. */
export interface KeyFacts {
  /** One sentence or two for the reference page. */
  readonly description: string
  /** What people write there, as error messages and the reference page name it. */
  readonly type: string
  /** As the reference page shows it; absent where there is none. */
  readonly default?: string | undefined
  /** What the key asks for, where this version does not do it: any value but those in `accepts` is refused. */
  readonly later?: string | undefined
  /** Values of a key that is not built yet that ask for what happens anyway. */
  readonly accepts?: readonly unknown[] | undefined
  /** Said to the user when the key is given. */
  readonly note?: string | undefined
  /** Whether the value must not be shown. */
  readonly secret?: boolean | undefined
  /** The values to choose from. */
  readonly values?: readonly string[] | undefined
}

/** The facts of every key of the configuration, by its schema. */
export const configKeys = z.registry<KeyFacts>()

/** A key that may be left out. */
export function optionalKey<Schema extends z.ZodType>(schema: Schema, facts: KeyFacts): z.ZodOptional<Schema> {
  const optional = z.optional(schema)
  configKeys.add(optional, facts)
  return optional
}

/** A key that must be there whenever its section is. */
export function requiredKey<Schema extends z.ZodType>(schema: Schema, facts: KeyFacts): Schema {
  configKeys.add(schema, facts)
  return schema
}

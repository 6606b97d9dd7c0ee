import { z } from 'zod'
import { configKeys } from './config-key.ts'
import { configSchema } from './config-schema.ts'

/** The JSON Schema (2020-12) of configuration files, made from the schema that checks them. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const facts = configKeys.get(zodSchema)
      if (facts === undefined) return
      jsonSchema.description = facts.later === undefined ? facts.description : `${facts.description} (${LATER})`
      if (facts.values !== undefined && jsonSchema.enum === undefined) jsonSchema.enum = [...facts.values]
    },
  })
  return { title: 'kbackup configuration', ...schema }
}

const LATER = 'Not supported by this version.'

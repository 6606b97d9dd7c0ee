import type { Config } from './config-schema.ts'
import { configSchema } from './config-schema.ts'
import { keysOf, sectionOf } from './schema-walk.ts'

/** What the user should know of keys that were accepted although they change nothing. */
export function configNotes(config: Config): readonly string[] {
  return [...sectionNotes('backup', config.backup), ...sectionNotes('restore', config.restore)]
}

function sectionNotes(name: 'backup' | 'restore', values: object | undefined): readonly string[] {
  const section = sectionOf(configSchema.shape[name])
  if (values === undefined || section === undefined) return []
  return keysOf(section).flatMap(([key, , { note }]) =>
    note !== undefined && Object.hasOwn(values, key) ? [`${name}.${key}: ${note}`] : [],
  )
}

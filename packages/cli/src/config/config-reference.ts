import type { z } from 'zod'
import type { KeyFacts } from './config-key.ts'
import { configSchema } from './config-schema.ts'
import { keyTable } from './key-table.ts'
import { entryOf, keysOf, sectionOf } from './schema-walk.ts'

interface ReferenceSection {
  /** `restore.guards`; empty for the top of the file. */
  readonly path: string
  readonly section: z.ZodObject
  readonly facts: KeyFacts | undefined
}

/** The tables of `docs/configuration.md`, made from the schema that checks configurations. */
export function configReference(): string {
  return allSections({ path: '', section: configSchema, facts: undefined }).map(sectionText).join('\n\n')
}

function allSections(root: ReferenceSection): readonly ReferenceSection[] {
  const inner = keysOf(root.section).flatMap(([name, schema, facts]) => {
    const path = root.path === '' ? name : `${root.path}.${name}`
    const entry = entryOf(schema)
    const section = sectionOf(schema) ?? (entry === undefined ? undefined : sectionOf(entry))
    if (section === undefined) return []
    return allSections({ path: entry === undefined ? path : `${path}[]`, section, facts })
  })
  return [root, ...inner]
}

function sectionText({ path, section }: ReferenceSection): string {
  const heading = path === '' ? '### The top of the file' : `### \`${path}\``
  return [heading, '', keyTable(keysOf(section))].join('\n')
}

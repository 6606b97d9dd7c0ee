import type { KeyFacts } from './config-key.ts'
import { keyTable } from './key-table.ts'
import { keysOf, sectionOf } from './schema-walk.ts'
import { BACKENDS, type Backend, isNeededBy, meansSomethingTo, storageSchema } from './storage-schema.ts'

/** The table of the keys of the section `storage` that mean something to a backend, for the README of its package. */
export function storageKeyTable(backend: Backend): string {
  const section = sectionOf(storageSchema())
  if (section === undefined) throw new Error('storage is no section')
  const keys = keysOf(section).filter(([name]) => meansSomethingTo(backend, name))
  return keyTable(keys.map(([name, schema, facts]) => [name, schema, factsFor(backend, name, facts)]))
}

function factsFor(backend: Backend, name: string, facts: KeyFacts): KeyFacts {
  if (name === 'backend') return { ...facts, values: [backend] }
  const description = withoutBackends(facts.description)
  return isNeededBy(backend, name) ? { ...facts, description, default: '**required**' } : { ...facts, description }
}

/** `Backend `s3`: the region.` is `The region.` where there is no other. */
function withoutBackends(description: string): string {
  const named = BACKENDS.map((backend) => `\`${backend}\``).join('|')
  const rest = description.replace(new RegExp(`^Backends? (?:(?:${named})(?:, | and )?)+: `), '')
  return rest.charAt(0).toUpperCase() + rest.slice(1)
}

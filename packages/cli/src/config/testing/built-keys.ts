import { keysOf, sectionOf } from '../schema-walk.ts'

/** The keys of a section that this version does something with. */
export function builtKeys(section: Parameters<typeof sectionOf>[0]): readonly string[] {
  const keys = sectionOf(section)
  if (keys === undefined) throw new Error('there is no section')
  return keysOf(keys)
    .filter(([, , { later, note }]) => later === undefined && note === undefined)
    .map(([name]) => name)
}

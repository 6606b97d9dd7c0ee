import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { withOptionTables } from './option-tables.ts'

describe('the tables of options', () => {
  it.each(['storage-azure', 'storage-fs', 'storage-gcs', 'storage-s3'])(
    'in the README of %s are those of the code',
    (name) => {
      const readme = new URL(`../packages/${name}/README.md`, import.meta.url)
      const text = withOptionTables(readme)
      if (process.env.UPDATE_DOCS === '1') writeFileSync(readme, text)
      expect(text).toMatch(/<!-- options: \w+ of src\/[\w-]+\.ts -->\n\n\| option /)
      expect(readFileSync(readme, 'utf8')).toBe(text)
    },
  )
})

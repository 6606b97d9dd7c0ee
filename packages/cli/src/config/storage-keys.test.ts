import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { storageKeyTable } from './storage-keys.ts'

const BEGIN = '<!-- keys: made from the schema; UPDATE_DOCS=1 vitest run storage-keys writes them anew -->'
const END = '<!-- end of the keys -->'

it.each([
  ['fs', 'filesystem'],
  ['s3', 's3'],
  ['gcs', 'gcs'],
  ['azure', 'azure'],
] as const)(
  'the README of storage-%s has the keys of a configuration that the schema knows for it',
  (name, backend) => {
    const file = new URL(`../../../storage-${name}/README.md`, import.meta.url)
    const readme = readFileSync(file, 'utf8')
    const [before = '', rest = ''] = readme.split(`${BEGIN}\n`)
    const [, after] = rest.split(END)
    expect(after).toBeDefined()
    const text = `${before}${BEGIN}\n\n${storageKeyTable(backend)}\n\n${END}${after}`
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, text)
    expect(readFileSync(file, 'utf8')).toBe(text)
  },
)

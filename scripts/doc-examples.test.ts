import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { commentExamples, exampleErrors, markdownExamples } from './doc-examples.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const PAGES = [
  'README.md',
  ...['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name, 'README.md')),
  ),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

const commented = commentExamples(ROOT)
const written = PAGES.flatMap((page) => markdownExamples(page, ROOT))

it('every example in a doc comment or a document compiles as it stands there', () => {
  expect(commented.length).toBeGreaterThan(8)
  expect(written.map(({ place }) => place)).toContainEqual(expect.stringMatching(/^README\.md:/))
  expect(exampleErrors([...commented, ...written], ROOT)).toEqual([])
}, 120_000)

it('an example that does not compile is found, with its place', () => {
  const place = 'nowhere.ts:1'
  const errors = exampleErrors([{ place, code: "import { createBackup } from '@kbackup/core'\ncreateBackup(7)" }], ROOT)
  expect(errors).toEqual([expect.stringMatching(/^nowhere\.ts:1: .*number.*BackupOptions/)])
}, 120_000)

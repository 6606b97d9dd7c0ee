import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repositoryDirectory } from './cache-directory.ts'
import { formattedJson } from './formatted-json.ts'

const EVIDENCE = join(repositoryDirectory, 'docs', 'evidence')

it('figures are laid out as they stand in the repository, so that they need no formatting by hand', async () => {
  const files = (await readdir(EVIDENCE)).filter((name) => name.endsWith('.json'))
  expect(files.length).toBeGreaterThan(0)
  for (const name of files) {
    const text = await readFile(join(EVIDENCE, name), 'utf8')
    expect(await formattedJson(JSON.parse(text)), name).toBe(text)
  }
})

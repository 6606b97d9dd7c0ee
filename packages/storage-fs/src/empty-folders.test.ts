import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fs } from './fs.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kbackup-folders-'))
})
afterEach(() => rm(directory, { recursive: true }))

describe('removeEmptyFolders', () => {
  it('removes what holds nothing below its prefix, and nothing else', async () => {
    for (const folder of ['check/a/b', 'check/c', 'checks', 'check/held/empty']) {
      await mkdir(join(directory, folder), { recursive: true })
    }
    await writeFile(join(directory, 'check/held/object'), 'x')
    await fs({ directory }).removeEmptyFolders?.('check/')
    expect((await readdir(directory, { recursive: true })).sort()).toEqual([
      'check',
      'check/held',
      'check/held/object',
      'checks',
    ])
    await rm(join(directory, 'check/held/object'))
    await fs({ directory }).removeEmptyFolders?.('check/')
    expect(await readdir(directory)).toEqual(['checks'])
    await fs({ directory }).removeEmptyFolders?.('check/')
  })
})

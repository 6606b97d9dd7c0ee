import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { storedArchives } from '../commands/stored-archives.ts'
import { folderNames } from './folder-names.ts'
import { systemPorts } from './system-ports.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-folders-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('gives the names of folders and links, and nothing for a folder that is not there', async () => {
  await mkdir(join(folder, 'payments'))
  await symlink('/nowhere', join(folder, 'linked'))
  await writeFile(join(folder, 'file'), '')
  expect(await folderNames(folder)).toEqual(['linked', 'payments'])
  for (const missing of ['missing', 'file']) expect(await folderNames(join(folder, missing))).toBeUndefined()
})

it('lets a link among archives be listed as one that cannot be opened', async () => {
  await mkdir(join(folder, 'outside'))
  await mkdir(join(folder, 'store'))
  await symlink('../outside', join(folder, 'store/linked'))
  const { signal } = new AbortController()
  const found = await storedArchives(
    { backend: 'filesystem', directory: join(folder, 'store') },
    { ports: systemPorts, signal },
  )
  expect(found).toMatchObject([{ backupId: 'linked', error: { code: 'KB_STORE_FORBIDDEN' } }])
})

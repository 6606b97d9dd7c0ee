import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openArchive } from '@kbackup/core'
import { fs } from '@kbackup/storage-fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { folderPlace } from './archive-place.ts'
import { IN_MEMORY_NOTE, playDemo } from './demo.ts'
import { memoryPlatform } from './memory-platform.ts'
import { Screen } from './screen.ts'

let directory: string
const places = () => ({ directory, archive: folderPlace(directory) })

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kbackup-demo-'))
})

afterEach(() => rm(directory, { recursive: true }))

it('without a broker the demo plays in memory, proves everything, and says in its first and last line that it did', async () => {
  let text = ''
  const screen = new Screen({ write: (part) => (text += part) }, {})
  const { signal } = new AbortController()
  const holds = await playDemo({ platform: memoryPlatform(directory, signal), screen, signal }, places())
  const lines = text.trimEnd().split('\n')
  expect({ holds, first: lines[0], last: lines.at(-1) }).toEqual({
    holds: true,
    first: IN_MEMORY_NOTE,
    last: IN_MEMORY_NOTE,
  })
  expect(IN_MEMORY_NOTE).toMatch(/in memory.*install.*Maven.*container engine/i)
  expect(lines.filter((line) => line.startsWith('✓'))).toHaveLength(6)
  expect(text).not.toContain('✗')
  expect(await readdir(directory)).toEqual(['backup.yaml', 'backups', 'restore.yaml'])
  const { state } = await openArchive(fs({ directory: join(directory, 'backups') }), 'payments')
  expect([...state.topics.keys()]).toContain('payments.captured')
})

it('an interrupted demo rejects with the reason', async () => {
  const stop = new AbortController()
  const screen = new Screen({ write: (part: string) => part.includes('14:30') && stop.abort(new Error('enough')) }, {})
  const platform = memoryPlatform(directory, stop.signal)
  await expect(playDemo({ platform, screen, signal: stop.signal }, places())).rejects.toThrow('enough')
})

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fs } from './fs.ts'
import { removeStaleTemporaryFiles } from './stale-temporary-files.ts'

const PROGRAM = fileURLToPath(new URL('./testing/writer-process.ts', import.meta.url))

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kbackup-processes-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Starts a process that writes, and waits until it says that it is ready, or on its way. */
async function startWriter(...args: readonly string[]): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const node = ['--conditions=@kbackup/source', '--import', 'tsx', PROGRAM, ...args]
  const child = spawn(process.execPath, node, { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

async function numbersFrom(stdout: Readable): Promise<readonly number[]> {
  let output = ''
  for await (const chunk of stdout) output += chunk
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)
}

describe('a writer that is killed', () => {
  it('leaves nothing visible, and a temporary file that can be removed once it is dead, not before', async () => {
    const child = await startWriter('stream', directory, 'a/object')
    const remove = () => removeStaleTemporaryFiles({ directory, olderThanMs: -1 })
    expect(await remove()).toEqual([])
    expect(await readdir(join(directory, 'a'))).toEqual([expect.stringMatching(/^#kbackup-/)])
    child.kill('SIGKILL')
    await once(child, 'close')
    const store = fs({ directory })
    expect(await store.head('a/object')).toBeUndefined()
    expect((await store.list('')[Symbol.asyncIterator]().next()).done).toBe(true)
    expect(await remove()).toHaveLength(1)
    await store.put('a/object', Buffer.from('again'), { ifAbsent: true })
  })
})

describe('several processes', () => {
  it('that create the same objects have one winner each', async () => {
    const rounds = 50
    const children = await Promise.all([0, 1, 2].map(() => startWriter('race', directory, 'r/', `${rounds}`)))
    for (const { stdin } of children) stdin.write('go\n')
    const won = (await Promise.all(children.map(({ stdout }) => numbersFrom(stdout)))).flat()
    expect(won.sort((left, right) => left - right)).toEqual(Array.from({ length: rounds }, (_, round) => round))
  })
})

import { createHash } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { DigestThread } from './digest-thread.ts'

const PRELOAD = ['--require', '/no-such-module.cjs']

// Threads inherit what the process was started with, unless they are told otherwise.
vi.mock('node:worker_threads', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:worker_threads')>()
  class Worker extends original.Worker {
    constructor(...[program, options]: ConstructorParameters<typeof original.Worker>) {
      super(program, { execArgv: PRELOAD, env: { NODE_OPTIONS: PRELOAD.join(' ') }, ...options })
    }
  }
  return { ...original, Worker }
})

it('needs nothing of what an application has Node.js load first, which may not fit into a small thread', async () => {
  const thread = new DigestThread()
  const digest = thread.stream()
  await digest.update(Buffer.from('a'))
  expect(await digest.end()).toBe(createHash('sha256').update('a').digest('hex'))
  await thread.close()
})

import { createHash } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { SharedFrames } from './shared-frames.ts'

vi.mock('node:worker_threads', () => ({
  Worker: class {
    constructor() {
      throw Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' })
    }
  },
}))

it('makes digests itself where Node does not permit threads', async () => {
  const shared = new SharedFrames({ frameBytes: 1024 * 1024, maxBytes: 1024 * 1024 })
  const frames = shared.loan()
  const frame = frames.lend(1024 * 1024).fill(1)
  const digest = frames.digestFor(frame)
  await digest.update(frame)
  expect(await digest.end()).toBe(createHash('sha256').update(frame).digest('hex'))
  await shared.close()
})

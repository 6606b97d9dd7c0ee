import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { receivedBody } from './received-body.ts'

describe('a body that is received', () => {
  afterEach(() => vi.useRealTimers())

  it('is given up when it falls silent, and its connection with it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const stream = new Readable({ read: () => undefined })
    stream.push('a')
    const body = receivedBody(stream, { length: 2, silenceMs: 30_000 })
    await body.next()
    const failure = body.next().catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await failure).toMatchObject({ code: 'ETIMEDOUT' })
    expect(stream.destroyed).toBe(true)
  })

  it('is not given up while nobody asks for more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const body = receivedBody(Readable.from(['a', 'b']), { length: 2, silenceMs: 30_000 })
    await body.next()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(await body.next()).toMatchObject({ done: false })
  })

  it('gives its connection back when it is left early', async () => {
    const stream = Readable.from(['a', 'b'])
    for await (const _chunk of receivedBody(stream, { length: 2, silenceMs: 30_000 })) break
    expect(stream.destroyed).toBe(true)
  })

  it('that breaks off says so, whatever the stream calls it', async () => {
    const broken = new Readable({ read: () => undefined })
    broken.push('a')
    const received = buffer(receivedBody(broken, { length: 2, silenceMs: 30_000 }))
    setImmediate(() => broken.destroy(new Error('data corruption failure')))
    await expect(received).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
  })

  it('ends with the reason of an aborted signal even while it is silent', async () => {
    const aborter = new AbortController()
    const stream = new Readable({ read: () => undefined })
    const received = buffer(receivedBody(stream, { length: 2, silenceMs: 30_000, signal: aborter.signal }))
    setImmediate(() => aborter.abort('enough'))
    await expect(received).rejects.toThrow()
    expect(stream.destroyed).toBe(true)
  })
})

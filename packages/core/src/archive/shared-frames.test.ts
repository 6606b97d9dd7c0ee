import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { DigestThread } from './digest-thread.ts'
import { SharedFrames } from './shared-frames.ts'

const LARGE = 1024 * 1024

describe('the memory of stored frames', () => {
  it('is lent again once it was given back, and not before', () => {
    const frames = new SharedFrames()
    const [first, second] = [frames.lend(LARGE), frames.lend(LARGE)]
    expect(second.buffer).not.toBe(first.buffer)
    frames.giveBack(first)
    const third = frames.lend(LARGE - 100)
    expect(third.buffer).toBe(first.buffer)
    expect(third).toHaveLength(LARGE - 100)
    expect(frames.lend(LARGE).buffer).not.toBe(first.buffer)
  })

  it('is never too small', () => {
    const frames = new SharedFrames()
    const small = frames.lend(300_000)
    frames.giveBack(small)
    expect(frames.lend(LARGE)).toHaveLength(LARGE)
  })

  it('is not lent for frames that are far shorter, which alone would be counted', () => {
    const frames = new SharedFrames()
    frames.giveBack(frames.lend(2 * LARGE))
    expect(frames.lend(LARGE / 2).buffer.byteLength).toBeLessThanOrEqual(LARGE)
  })

  it('that nobody asks for makes room for what was used last', () => {
    const frames = new SharedFrames()
    const unwanted = Array.from({ length: 8 }, () => frames.lend(2 * LARGE))
    for (const frame of unwanted) frames.giveBack(frame)
    const frame = frames.lend(LARGE / 2)
    frames.giveBack(frame)
    expect(frames.lend(LARGE / 2).buffer).toBe(frame.buffer)
  })

  it('is not shared with the thread where it is handed over in pieces, and so never given back', () => {
    expect(new SharedFrames().lend(3 * LARGE).buffer).toBeInstanceOf(ArrayBuffer)
  })

  it('is kept up to a limit, and what was not lent is not kept at all', () => {
    const frames = new SharedFrames()
    const lent = Array.from({ length: 40 }, () => frames.lend(LARGE))
    for (const frame of [...lent, Buffer.alloc(LARGE)]) frames.giveBack(frame)
    const known = new Set<ArrayBufferLike>(lent.map(({ buffer }) => buffer))
    const again = Array.from({ length: 40 }, () => frames.lend(LARGE))
    expect(again.filter(({ buffer }) => known.has(buffer))).toHaveLength(16)
  })
})

describe('digests beside the main thread', () => {
  it('are those of each stream, in shared memory and outside of it', async () => {
    const frames = new SharedFrames()
    const pieces = [1, 2, 3].map((fill) => frames.lend(LARGE).fill(fill))
    const streams = pieces.map((piece) => ({ piece, digest: frames.digestFor(piece) }))
    for (const { piece, digest } of streams) {
      await digest.update(Buffer.from('head'))
      await digest.update(piece)
    }
    const found = await Promise.all(streams.map(({ digest }) => digest.end()))
    expect(found).toEqual(pieces.map((piece) => createHash('sha256').update('head').update(piece).digest('hex')))
    await frames.close()
  })

  it('have read the bytes when they say so: their memory may be used again', async () => {
    const frames = new SharedFrames()
    const piece = frames.lend(LARGE).fill(1)
    const digest = frames.digestFor(piece)
    await digest.update(piece)
    piece.fill(2)
    expect(await digest.end()).toBe(createHash('sha256').update(Buffer.alloc(LARGE, 1)).digest('hex'))
    await frames.close()
  })

  it('are never made of a part: a stream whose thread has ended does not go on with another', async () => {
    const thread = new DigestThread()
    const digest = thread.stream()
    await digest.update(Buffer.from('a'))
    await thread.close()
    const other = thread.stream()
    await other.update(Buffer.from('b'))
    await expect(digest.update(Buffer.from('b'))).rejects.toMatchObject({ code: 'KB_INTERNAL' })
    await expect(digest.end()).rejects.toMatchObject({ code: 'KB_INTERNAL' })
    expect(await other.end()).toBe(createHash('sha256').update('b').digest('hex'))
    await thread.close()
  })

  it('fail for whoever waits when they are closed', async () => {
    const thread = new DigestThread()
    const digest = thread.stream()
    await digest.update(Buffer.from('a'))
    const end = digest.end()
    const [outcome] = await Promise.allSettled([end, thread.close()])
    // Its answer may have been on its way.
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Error)
    else expect(outcome.value).toBe(createHash('sha256').update('a').digest('hex'))
  })
})

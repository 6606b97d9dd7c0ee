import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { DigestThread } from './digest-thread.ts'
import { sha256Hex } from './json-object.ts'
import { SharedFrames } from './shared-frames.ts'

const LARGE = 1024 * 1024
const OPTIONS = { frameBytes: LARGE, maxBytes: 4 * LARGE }

describe('the memory of stored frames', () => {
  it('is lent again once it was given back, and not before', () => {
    const frames = new SharedFrames(OPTIONS).loan()
    const [first, second] = [frames.lend(LARGE), frames.lend(LARGE)]
    expect(second.buffer).not.toBe(first.buffer)
    frames.giveBack(first)
    const third = frames.lend(LARGE - 100)
    expect(third.buffer).toBe(first.buffer)
    expect(third).toHaveLength(LARGE - 100)
    expect(frames.lend(LARGE).buffer).not.toBe(first.buffer)
  })

  it.each([1000, LARGE + 1])('is not lent for a frame of %i bytes', (length) => {
    const frame = new SharedFrames(OPTIONS).loan().lend(length)
    expect(frame).toHaveLength(length)
    expect(frame.buffer).toBeInstanceOf(ArrayBuffer)
  })

  it('is never more than it may be: further frames lie in memory of their own', () => {
    const frames = new SharedFrames(OPTIONS).loan()
    const lent = Array.from({ length: 6 }, () => frames.lend(300_000))
    expect(lent.map(({ buffer }) => buffer instanceof SharedArrayBuffer)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ])
    for (const frame of lent) frames.giveBack(frame)
    const again = Array.from({ length: 5 }, () => frames.lend(LARGE).buffer)
    expect(new Set(again.slice(0, 4))).toEqual(new Set(lent.slice(0, 4).map(({ buffer }) => buffer)))
    expect(again[4]).toBeInstanceOf(ArrayBuffer)
  })

  it('is taken back once, however often a section gives it back', () => {
    const shared = new SharedFrames(OPTIONS)
    const frames = shared.loan()
    const frame = frames.lend(LARGE)
    frames.giveBack(frame)
    frames.giveBack(frame)
    frames.end()
    const others = [1, 2].map(() => shared.loan().lend(LARGE).buffer)
    expect(others[0]).toBe(frame.buffer)
    expect(others[1]).not.toBe(frame.buffer)
  })

  it('comes back from a section that is over, which is lent no more', () => {
    const shared = new SharedFrames({ ...OPTIONS, maxBytes: LARGE })
    const frames = shared.loan()
    const frame = frames.lend(LARGE)
    frames.end()
    expect(frames.lend(LARGE).buffer).toBeInstanceOf(ArrayBuffer)
    expect(shared.loan().lend(LARGE).buffer).toBe(frame.buffer)
  })
})

describe('digests beside the main thread', () => {
  it('are those of each stream, in shared memory and outside of it', async () => {
    const shared = new SharedFrames(OPTIONS)
    const frames = shared.loan()
    const pieces = [1, 2, 3].map((fill) => frames.lend(LARGE).fill(fill))
    const streams = pieces.map((piece) => ({ piece, digest: frames.digestFor(piece) }))
    for (const { piece, digest } of streams) {
      await digest.update(Buffer.from('head'))
      await digest.update(piece)
    }
    const found = await Promise.all(streams.map(({ digest }) => digest.end()))
    expect(found).toEqual(pieces.map((piece) => createHash('sha256').update('head').update(piece).digest('hex')))
    await shared.close()
  })

  it('are those of streams of which only some pieces lie in shared memory', async () => {
    const shared = new SharedFrames(OPTIONS)
    const contents = [1, 2, 3, 4].map((number) => {
      const first = shared.loan().lend(LARGE).fill(number)
      return [first, randomBytes(2 * LARGE + number), Buffer.alloc(0), randomBytes(3)]
    })
    const found = contents.map(async (pieces) => {
      const digest = shared.digestFor(pieces[0] ?? Buffer.alloc(0))
      for (const piece of pieces) await digest.update(piece)
      return digest.end()
    })
    expect(await Promise.all(found)).toEqual(contents.map((pieces) => sha256Hex(Buffer.concat(pieces))))
    await shared.close()
  })

  it('have read the bytes when they say so: their memory may be used again', async () => {
    const shared = new SharedFrames(OPTIONS)
    const frames = shared.loan()
    const piece = frames.lend(LARGE).fill(1)
    const digest = frames.digestFor(piece)
    await digest.update(piece)
    piece.fill(2)
    expect(await digest.end()).toBe(createHash('sha256').update(Buffer.alloc(LARGE, 1)).digest('hex'))
    await shared.close()
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

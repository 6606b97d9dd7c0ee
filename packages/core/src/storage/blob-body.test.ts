import { describe, expect, it } from 'vitest'
import { blobBodyBytes, blobBodyChunks } from './blob-body.ts'

interface Source extends AsyncIterable<Uint8Array> {
  readonly returns: () => number
}

function sourceOf(next: (turn: number) => Promise<IteratorResult<Uint8Array, undefined>>): Source {
  let turn = 0
  let returned = 0
  const iterator = {
    next: () => next(turn++),
    return: async () => {
      returned += 1
      return { done: true as const, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator, returns: () => returned }
}

const chunk = { done: false as const, value: Buffer.from('abc') }

describe('a body', () => {
  it('gives its bytes as one chunk, and none when it is empty', async () => {
    expect(await blobBodyBytes(Buffer.from('abc'))).toEqual(Buffer.from('abc'))
    for await (const empty of blobBodyChunks(Buffer.alloc(0))) expect.fail(`a chunk of ${empty.length} bytes`)
  })

  it('is copied when taken as a whole', async () => {
    const bytes = Buffer.from('abc')
    const taken = await blobBodyBytes(bytes)
    bytes.fill(0)
    expect(taken.toString()).toBe('abc')
  })

  it('leaves out empty chunks', async () => {
    const source = sourceOf(async (turn) =>
      turn < 4 ? { done: false, value: Buffer.alloc(turn % 2) } : { done: true, value: undefined },
    )
    const lengths: number[] = []
    for await (const { length } of blobBodyChunks(source)) lengths.push(length)
    expect(lengths).toEqual([1, 1])
  })

  it('tells its source to stop when the reader stops', async () => {
    const source = sourceOf(async () => chunk)
    for await (const _ of blobBodyChunks(source)) break
    expect(source.returns()).toBe(1)
  })

  it('does not stop a source that ended or threw by itself', async () => {
    const ended = sourceOf(async () => ({ done: true, value: undefined }))
    const thrown = sourceOf(() => Promise.reject(new Error('broken')))
    await blobBodyBytes(ended)
    await expect(blobBodyBytes(thrown)).rejects.toThrow('broken')
    expect([ended.returns(), thrown.returns()]).toEqual([0, 0])
  })

  it('ends with the reason of the signal while its source is silent, and tells the source to stop', async () => {
    const aborter = new AbortController()
    const source = sourceOf((turn) => {
      if (turn === 0) return Promise.resolve(chunk)
      queueMicrotask(() => aborter.abort('enough'))
      return new Promise(() => undefined)
    })
    await expect(blobBodyBytes(source, aborter.signal)).rejects.toBe('enough')
    expect(source.returns()).toBe(1)
  })

  it('asks an aborted source for nothing more', async () => {
    const aborter = new AbortController()
    let asked = 0
    const source = sourceOf(async () => {
      asked += 1
      return chunk
    })
    const read = async (): Promise<void> => {
      for await (const _ of blobBodyChunks(source, aborter.signal)) aborter.abort('enough')
    }
    await expect(read()).rejects.toBe('enough')
    expect(asked).toBe(1)
  })
})

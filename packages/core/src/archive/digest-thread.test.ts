import { createHash } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { DigestThread } from './digest-thread.ts'

const posted: unknown[] = []
const PRELOAD = ['--require', '/no-such-module.cjs']

// Threads inherit what the process was started with, unless they are told otherwise.
vi.mock('node:worker_threads', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:worker_threads')>()
  class Worker extends original.Worker {
    constructor(...[program, options]: ConstructorParameters<typeof original.Worker>) {
      super(program, { execArgv: PRELOAD, env: { NODE_OPTIONS: PRELOAD.join(' ') }, ...options })
    }

    override postMessage(message: unknown): void {
      posted.push(message)
      super.postMessage(message)
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

it('is told no more of a stream that was given up, which nobody would end', async () => {
  const thread = new DigestThread()
  const [given, other] = [thread.stream(), thread.stream()]
  const lengths = [1, 1_000_000]
  await given.update(Buffer.alloc(1))
  const update = given.update(Buffer.alloc(1_000_000))
  given.abandon()
  const before = posted.length
  await update
  for (const length of lengths) await given.update(Buffer.alloc(length))
  await given.update(new Uint8Array(new SharedArrayBuffer(1)))
  expect(posted).toHaveLength(before)
  await other.update(Buffer.from('a'))
  expect(await other.end()).toBe(createHash('sha256').update('a').digest('hex'))
  await thread.close()
})

it('is posted memory once, however many pieces lie in it, and a copy of nothing', async () => {
  const thread = new DigestThread()
  const shared = new Uint8Array(new SharedArrayBuffer(1_000))
  const from = posted.length
  for (const piece of [
    shared,
    shared.subarray(10, 20),
    Buffer.alloc(1_000_000),
    shared.subarray(1),
    Buffer.alloc(10),
  ]) {
    const digest = thread.stream()
    await digest.update(piece)
    expect(await digest.end()).toBe(createHash('sha256').update(Buffer.from(piece)).digest('hex'))
  }
  const memories = posted.slice(from).flatMap(memoryOf)
  expect(memories).toHaveLength(2)
  expect(memories.every((memory) => memory instanceof SharedArrayBuffer)).toBe(true)
  await thread.close()
})

/** All the memory that a message speaks of. */
function memoryOf(message: unknown): readonly unknown[] {
  if (ArrayBuffer.isView(message)) return [message.buffer]
  if (message instanceof SharedArrayBuffer || message instanceof ArrayBuffer) return [message]
  return typeof message === 'object' && message !== null ? Object.values(message).flatMap(memoryOf) : []
}

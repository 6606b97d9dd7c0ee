import { expect, it } from 'vitest'
import { PartMemory } from './part-memory.ts'

const PART = 1_024

it('the memory of a part that nobody reads any more is used for the next one', () => {
  const memory = new PartMemory(PART)
  memory.streamBegins()
  const part = memory.take()
  memory.giveBack(part)
  expect(memory.take()).toBe(part)
  expect(memory.take()).not.toBe(part)
})

it('no more is kept than a part for each stream, and nothing when no stream is under way', () => {
  const memory = new PartMemory(PART)
  memory.streamBegins()
  memory.streamBegins()
  for (const part of [memory.take(), memory.take(), memory.take()]) memory.giveBack(part)
  expect(memory.freeBytes).toBe(2 * PART)
  memory.streamEnds()
  expect(memory.freeBytes).toBe(PART)
  memory.streamEnds()
  expect(memory.freeBytes).toBe(0)
})

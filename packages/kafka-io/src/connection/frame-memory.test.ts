import { expect, it } from 'vitest'
import { FrameMemory } from './frame-memory.ts'

const MIB = 1024 * 1024

it('lends memory again only after it was given back', () => {
  const memory = new FrameMemory()
  const first = memory.lend(3 * MIB)
  const second = memory.lend(3 * MIB)
  expect(second.buffer).not.toBe(first.buffer)
  memory.giveBack(first.subarray(100, 200))
  const third = memory.lend(2 * MIB)
  expect(third.buffer).toBe(first.buffer)
  expect(third.length).toBe(2 * MIB)
  expect(memory.lend(2 * MIB).buffer).not.toBe(first.buffer)
})

it('lends nothing twice that was given back twice', () => {
  const memory = new FrameMemory()
  const frame = memory.lend(MIB)
  memory.giveBack(frame)
  memory.giveBack(frame)
  expect(memory.lend(MIB).buffer).not.toBe(memory.lend(MIB).buffer)
})

it('leaves alone what it has not lent', () => {
  const memory = new FrameMemory()
  const foreign = Buffer.allocUnsafeSlow(MIB)
  memory.giveBack(foreign)
  expect(memory.lend(MIB).buffer).not.toBe(foreign.buffer)
})

it('keeps a bounded amount', () => {
  const memory = new FrameMemory()
  const frames = Array.from({ length: 50 }, () => memory.lend(MIB))
  for (const frame of frames) memory.giveBack(frame)
  const known = new Set(frames.map(({ buffer }) => buffer))
  const again = Array.from({ length: 50 }, () => memory.lend(MIB))
  expect(again.filter(({ buffer }) => known.has(buffer))).toHaveLength(32)
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type CopiedRun, firstUnread } from '../../offsets/copied-run.ts'
import { withCopies } from './copy-runs.ts'

/** A log and the restores into it: each copies a part of what was there before, with other records before its own. */
const restores = fc.array(
  fc.array(fc.record({ first: fc.nat(200), count: fc.integer({ min: 1, max: 30 }), others: fc.nat(5) }), {
    maxLength: 4,
  }),
  { maxLength: 5 },
)
const OWN_RECORDS = 40

interface Log {
  /** By offset, that of the record which is no copy. */
  readonly originals: readonly number[]
  /** Of each restore, as its journal has them. */
  readonly appended: readonly (readonly CopiedRun[])[]
}

function logOf(all: readonly (readonly { first: number; count: number; others: number }[])[]): Log {
  const originals = Array.from({ length: OWN_RECORDS }, (_, offset) => offset)
  const appended = all.map((runs) => {
    const before = originals.length
    return runs.map(({ first, count, others }) => {
      for (let index = 0; index < others; index += 1) originals.push(originals.length)
      const from = first % before
      const copied = originals.slice(from, Math.min(from + count, before))
      const run = { copyFirst: BigInt(originals.length), count: copied.length, originalFirst: BigInt(from) }
      originals.push(...copied)
      return run
    })
  })
  return { originals, appended }
}

function copiesOf({ appended }: Log): readonly CopiedRun[] {
  return appended.reduce<readonly CopiedRun[]>(withCopies, [])
}

it('leads each copy of some restores to the record that is none, and no other record anywhere', () => {
  fc.assert(
    fc.property(restores, (all) => {
      const log = logOf(all)
      const led = log.originals.map((_, offset) => offset)
      for (const { copyFirst, count, originalFirst } of copiesOf(log)) {
        for (let index = 0; index < count; index += 1) led[Number(copyFirst) + index] = Number(originalFirst) + index
      }
      expect(led).toEqual(log.originals)
    }),
  )
})

it('holds runs that are in order and apart', () => {
  fc.assert(
    fc.property(restores, (all) => {
      let end = 0n
      for (const { copyFirst, count } of copiesOf(logOf(all))) {
        expect(copyFirst >= end).toBe(true)
        end = copyFirst + BigInt(count)
      }
    }),
  )
})

it('finds for each position the first record that was not read, by itself or by a copy', () => {
  fc.assert(
    fc.property(restores, fc.nat(300), (all, at) => {
      const log = logOf(all)
      const position = at % (log.originals.length + 1)
      const unread = log.originals.slice(position)
      expect(firstUnread(copiesOf(log), BigInt(position))).toBe(BigInt(Math.min(position, ...unread)))
    }),
  )
})

it('gives an offset that two restores claim to the later one', () => {
  const [first, second] = [
    { copyFirst: 100n, count: 10, originalFirst: 0n },
    { copyFirst: 105n, count: 10, originalFirst: 50n },
  ]
  expect(withCopies([first], [second])).toEqual([{ ...first, count: 5 }, second])
})

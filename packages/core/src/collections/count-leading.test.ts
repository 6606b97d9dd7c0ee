import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countLeading } from './count-leading.ts'

it('counts what lies below a bound, repeated numbers included', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(-5n, 20n)), fc.bigInt(-6n, 21n), (numbers, bound) => {
      const ascending = numbers.toSorted((left, right) => Number(left - right))
      const count = countLeading(ascending.length, (index) => (ascending[index] ?? bound) < bound)
      expect(count).toBe(numbers.filter((number) => number < bound).length)
    }),
  )
})

import { expect, it } from 'vitest'
import { numberAt, textAt, valueAt } from './value-at.ts'

it('a field of what came from outside is found, and nothing is found where there is none', () => {
  expect(valueAt({ a: [1] }, 'a')).toEqual([1])
  expect(valueAt(Object.assign(new Error('x'), { status: 503 }), 'status')).toBe(503)
  for (const value of [null, undefined, 1, 'text', {}]) expect(valueAt(value, 'a')).toBeUndefined()
})

it('a field of another kind is not taken for a text or a number', () => {
  expect([textAt({ a: 'x' }, 'a'), textAt({ a: 1 }, 'a')]).toEqual(['x', undefined])
  expect([numberAt({ a: 1 }, 'a'), numberAt({ a: '1' }, 'a')]).toEqual([1, undefined])
})

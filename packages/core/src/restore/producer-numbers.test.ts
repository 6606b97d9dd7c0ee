import { describe, expect, it } from 'vitest'
import { producerNumbers } from './producer-numbers.ts'

const stream = (source: string, target: string) => ({ source: placeOf(source), target: placeOf(target) })

function placeOf(name: string) {
  const [topic = '', partition] = name.split('/')
  return { topic, partition: Number(partition), lineage: 0, topicId: '' }
}

const numbersOf = (...pairs: readonly (readonly [string, string])[]) =>
  Object.fromEntries(producerNumbers(pairs.map(([source, target]) => stream(source, target))))

describe('the producers of a restore', () => {
  it('are one where each source partition has a target of its own', () => {
    expect(numbersOf(['a/0', 't/0'], ['a/1', 't/1'], ['b/0', 'u/0'])).toEqual({ 'a/0': 0, 'a/1': 0, 'b/0': 0 })
  })

  it('differ where source partitions meet in a target, whatever else goes where', () => {
    expect(numbersOf(['a/0', 't/0'], ['a/1', 't/1'], ['b/0', 't/1'], ['b/1', 't/0'])).toEqual({
      ...{ 'a/0': 0, 'a/1': 0 },
      ...{ 'b/0': 1, 'b/1': 1 },
    })
  })

  it('are one for each source partition where all go to all', () => {
    const sources = ['a/0', 'a/1', 'a/2']
    const pairs = sources.flatMap((source) => ['t/0', 't/1'].map((target) => [source, target] as const))
    expect(numbersOf(...pairs)).toEqual({ 'a/0': 0, 'a/1': 1, 'a/2': 2 })
  })

  it('are never shared in a target that a source comes to by another way', () => {
    const numbers = numbersOf(['a/0', 't/0'], ['a/0', 't/1'], ['a/1', 't/1'], ['a/1', 't/2'], ['a/2', 't/2'])
    expect(numbers['a/1']).not.toBe(numbers['a/0'])
    expect(numbers['a/2']).not.toBe(numbers['a/1'])
  })
})

import { describe, expect, it } from 'vitest'
import { chooseGroups } from './group-choice.ts'

const consumer_groups = ['payment-processor']

describe('chooseGroups', () => {
  it('moves groups that are named and nothing else said', () => {
    expect(chooseGroups({ consumer_groups })).toEqual({ kind: 'named', groups: consumer_groups })
    expect(chooseGroups({ consumer_groups, consumer_group_strategy: 'header-based' }).kind).toBe('named')
    expect(chooseGroups({ consumer_groups, reset_consumer_offsets: true }).kind).toBe('named')
  })

  it('leaves named groups alone where reset_consumer_offsets: false is written, and says so', () => {
    expect(chooseGroups({ consumer_groups, reset_consumer_offsets: false })).toEqual({
      kind: 'none',
      reason: 'payment-processor: left alone, because reset_consumer_offsets: false is written beside the names',
    })
  })

  it('leaves named groups alone where the strategy skip is written, also beside reset_consumer_offsets: true', () => {
    const choice = chooseGroups({ consumer_groups, reset_consumer_offsets: true, consumer_group_strategy: 'skip' })
    expect(choice).toEqual({ kind: 'none', reason: expect.stringContaining('consumer_group_strategy: skip') })
  })

  it('moves no group where none is named', () => {
    for (const restore of [undefined, {}, { consumer_groups: [] }, { reset_consumer_offsets: false }]) {
      expect(chooseGroups(restore)).toEqual({ kind: 'none' })
    }
  })

  it('reports named groups, or all that are archived, with the strategy manual, whatever else is said', () => {
    const manual = { consumer_group_strategy: 'manual', reset_consumer_offsets: false } as const
    expect(chooseGroups({ ...manual, consumer_groups })).toEqual({ kind: 'named', groups: consumer_groups })
    expect(chooseGroups(manual)).toEqual({ kind: 'all-reported' })
  })

  it.each(['timestamp-based', 'cluster-scan'] as const)(
    'says that %s moves no group where none is named',
    (strategy) => {
      const choice = chooseGroups({ consumer_group_strategy: strategy })
      expect(choice).toEqual({ kind: 'none', reason: expect.stringContaining(`${strategy} moves no group`) })
    },
  )

  it('asks for names where a reset is asked for without them', () => {
    expect(chooseGroups({ reset_consumer_offsets: true })).toEqual({ kind: 'names-missing' })
  })
})

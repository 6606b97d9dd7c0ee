import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import { requireTopics, selectTopics, type TopicSelectionOptions } from './topic-selection.ts'

const cluster = [
  { topic: 'payments.captured' },
  { topic: 'payments.failed.dlq' },
  { topic: 'eu-payments' },
  { topic: '_schemas' },
  { topic: '.hidden' },
  { topic: '__consumer_offsets', internal: true },
  { topic: '__transaction_state', internal: true },
  { topic: '__audit' },
  { topic: 'flagged', internal: true },
]

function matched(selection: TopicSelectionOptions): readonly string[] {
  return selectTopics(selection, cluster).matched
}

function refusal(selection: TopicSelectionOptions): KbackupError {
  try {
    requireTopics(selection, cluster, 'the source cluster')
  } catch (error) {
    if (KbackupError.is(error)) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('selectTopics', () => {
  it('matches a name only whole', () => {
    expect(matched(['payments.captured'])).toEqual(['payments.captured'])
    expect(selectTopics(['payments'], cluster)).toEqual({
      matched: [],
      missingLiterals: ['payments'],
      unmatchedPatterns: [],
    })
  })

  it('matches a glob over the whole name, dots included', () => {
    expect(matched(['payments.*'])).toEqual(['payments.captured', 'payments.failed.dlq'])
    expect(matched(['{eu,us}-payments'])).toEqual(['eu-payments'])
  })

  it('matches a ~regex anywhere unless it is anchored', () => {
    expect(matched(['~payments'])).toEqual(['eu-payments', 'payments.captured', 'payments.failed.dlq'])
    expect(matched(['~^payments'])).toEqual(['payments.captured', 'payments.failed.dlq'])
  })

  it('leaves out what is excluded, also when it was named', () => {
    expect(matched({ include: ['payments.*'], exclude: ['*.dlq'] })).toEqual(['payments.captured'])
    expect(matched({ include: ['eu-payments', '_schemas'], exclude: ['~^eu'] })).toEqual(['_schemas'])
  })

  it('never lets a pattern match an internal topic, and takes it by name', () => {
    expect(matched(['*', '~.*'])).toEqual([
      '.hidden',
      '_schemas',
      'eu-payments',
      'payments.captured',
      'payments.failed.dlq',
    ])
    expect(matched(['__*', '~^__', 'flag*'])).toEqual([])
    expect(matched(['__consumer_offsets', '__audit'])).toEqual(['__audit', '__consumer_offsets'])
  })

  it('gives each topic once, whatever the number of patterns that match it', () => {
    expect(matched(['eu-*', '*-payments', 'eu-payments'])).toEqual(['eu-payments'])
  })

  it('tells which patterns match nothing, also beside those that match and where what they match is excluded', () => {
    const selection = { include: ['payments.*', 'orders.*', '~^us-', '__*', 'absent'], exclude: ['payments.*'] }
    expect(selectTopics(selection, cluster).unmatchedPatterns).toEqual(['orders.*', '~^us-', '__*'])
  })

  it('refuses a regular expression that cannot be read, and a pattern that negates', () => {
    expect(() => matched(['~payments('])).toThrowError(/topic pattern '~payments\(' is not a regular expression/)
    expect(refusal(['!eu-*']).hint).toBe('put eu-* under exclude')
    expect(refusal(['']).code).toBe('KB_CONFIG_INVALID')
  })
})

describe('requireTopics', () => {
  it('refuses a name without a topic, and offers close ones', () => {
    const error = refusal(['payment.captured', '*'])
    expect(error.code).toBe('KB_TOPIC_NOT_FOUND')
    expect(error.message).toBe('the source cluster has no topic `payment.captured`')
    expect(error.hint).toBe('did you mean payments.captured?')
  })

  it('refuses a selection that matches nothing', () => {
    const error = refusal(['orders.*'])
    expect(error.code).toBe('KB_NO_TOPICS_MATCHED')
    expect(error.message).toBe('no topic of the source cluster matches orders.*')
    expect(refusal({ include: ['eu-payments'], exclude: ['*'] }).code).toBe('KB_NO_TOPICS_MATCHED')
  })
})

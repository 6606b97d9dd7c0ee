import { describe, expect, it } from 'vitest'
import { inCommandWords } from './option-words.ts'
import { remedyLine } from './remedy-text.ts'

describe('a message of the libraries at the terminal', () => {
  it.each([
    ["make it anew (existingTopics: 'recreate')", 'make it anew (restore.existing_topics: recreate)'],
    ["with guards.retention: 'hold'", 'with restore.guards.retention: hold'],
    ['begin one with startNew, or with newRestoreId', 'begin one with --new, or with --new-restore-id'],
    ['maxMemoryBytes: half of it', 'restore.max_memory_bytes: half of it'],
    ['until window.end.', 'until --time-end.'],
    ['offsets.start 148 in partition 0', 'offset_start 148 in partition 0'],
  ])('spells the options of %j as %j', (text, words) => {
    expect(inCommandWords(text)).toBe(words)
  })

  it.each(['topic existingTopics/0', 'a.startNew', 'restore.guards.retention: hold', 'restore another'])(
    'leaves %j as it is',
    (text) => {
      expect(inCommandWords(text)).toBe(text)
    },
  )

  it('spells options in the words of a remedy', () => {
    const remedy = { option: null, value: null, text: 'map them (partitionMapping)', isDestructive: false }
    expect(remedyLine(remedy)).toBe('map them (restore.partition_mapping)')
  })
})

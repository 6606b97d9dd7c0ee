import { describe, expect, it } from 'vitest'
import type { ArchiveState, TopicState } from '../archive/archive-state.ts'
import { catalogChanges, deletedTopics } from './catalog-changes.ts'
import { EMPTY_ARCHIVE } from './existing-archive.ts'
import type { SourceTopic } from './source-topics.ts'

const orders = {
  topic: 'orders',
  topicId: 'a'.repeat(32),
  partitionCount: 2,
  replicationFactor: 3,
  configs: { 'cleanup.policy': 'compact' },
}

function source(catalog: Partial<SourceTopic['catalog']> = {}): SourceTopic {
  const { topic, topicId } = { ...orders, ...catalog }
  return {
    description: { topic, topicId, internal: false, partitions: [] },
    catalog: { ...orders, ...catalog },
    maxBatchBytes: 1,
  }
}

function archive(topic: Partial<TopicState> = {}): ArchiveState {
  const state = { ...orders, deleted: false, partitions: [], ...topic }
  return { ...EMPTY_ARCHIVE, topics: new Map([[state.topic, state]]) }
}

describe('catalogChanges', () => {
  it('says nothing of topics that are as the archive knows them', () => {
    expect(catalogChanges([source()], archive())).toEqual({ events: [], preconditions: [] })
  })

  it('creates a topic that the archive does not know, provided that nobody else did', () => {
    expect(catalogChanges([source()], EMPTY_ARCHIVE)).toEqual({
      events: [{ type: 'topic-created', ...orders }],
      preconditions: [{ type: 'topic-is', topic: 'orders', topicId: null }],
    })
  })

  it('tells a recreated topic by its id', () => {
    const topicId = 'b'.repeat(32)
    expect(catalogChanges([source({ topicId })], archive()).events).toEqual([
      { type: 'topic-recreated', previousTopicId: orders.topicId, ...orders, topicId },
    ])
  })

  it('tells partitions and configuration that were added or changed', () => {
    const configs = { 'cleanup.policy': 'compact', 'retention.ms': '1' }
    const { events, preconditions } = catalogChanges([source({ partitionCount: 5, configs })], archive())
    expect(events).toEqual([
      { type: 'partitions-added', topic: 'orders', topicId: orders.topicId, partitionCount: 5 },
      { type: 'configs-changed', topic: 'orders', topicId: orders.topicId, configs },
    ])
    expect(preconditions).toEqual([{ type: 'topic-is', topic: 'orders', topicId: orders.topicId }])
  })

  it('keeps the archived configuration where the source does not show it any more', () => {
    expect(catalogChanges([source({ configs: null })], archive()).events).toEqual([])
    expect(catalogChanges([source({ configs: null })], archive({ deleted: true })).events).toEqual([
      { type: 'topic-created', ...orders },
    ])
  })
})

describe('deletedTopics', () => {
  it('tells a topic that is gone, once', () => {
    expect(deletedTopics(['orders', 'unknown'], archive()).events).toEqual([
      { type: 'topic-deleted', topic: 'orders', topicId: orders.topicId },
    ])
    expect(deletedTopics(['orders'], archive({ deleted: true })).events).toEqual([])
  })
})

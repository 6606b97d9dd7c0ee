import type { ProtocolReader } from '../protocol/protocol-reader.ts'

/** The items of one topic, as most requests nest them. */
export interface TopicGroup<Item> {
  readonly topic: string
  readonly items: readonly Item[]
}

/** Groups by topic, each topic once, in the order in which topics first appear. */
export function groupByTopic<Item extends { readonly topic: string }>(items: readonly Item[]): TopicGroup<Item>[] {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(item.topic)
    if (group) group.push(item)
    else groups.set(item.topic, [item])
  }
  return [...groups].map(([topic, members]) => ({ topic, items: members }))
}

/** Reads what answers nest by topic, as one list. */
export function readByTopic<Item>(reader: ProtocolReader, readItem: (topic: string) => Item): readonly Item[] {
  const topics = reader.array(() => {
    const topic = reader.string()
    return reader.array(() => readItem(topic))
  })
  return topics.flat()
}

/** Reads the same of flexible versions. */
export function readCompactByTopic<Item>(reader: ProtocolReader, readItem: (topic: string) => Item): readonly Item[] {
  const topics = reader.compactArray(() => {
    const topic = reader.compactString()
    const items = reader.compactArray(() => readItem(topic))
    reader.skipTags()
    return items
  })
  return topics.flat()
}

/** Groups neighbours of one topic, so that the order of all items stays; a topic may come more than once. */
export function groupTopicRuns<Item extends { readonly topic: string }>(items: readonly Item[]): TopicGroup<Item>[] {
  const runs: { topic: string; items: Item[] }[] = []
  for (const item of items) {
    const last = runs.at(-1)
    if (last?.topic === item.topic) last.items.push(item)
    else runs.push({ topic: item.topic, items: [item] })
  }
  return runs
}

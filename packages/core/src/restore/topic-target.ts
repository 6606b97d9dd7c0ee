import type { TopicPreparation } from './journal-entries.ts'
import type { RestoreStream } from './restore-stream.ts'
import type { TopicSource } from './source-selection.ts'
import type { TargetTopic } from './target-topic.ts'

/** A topic of the archive on its way to a topic of the target: what hazards are looked for in. */
export interface TopicTarget {
  readonly source: TopicSource
  readonly target: string
  /** Of the topic, if it is created. */
  readonly partitionCount: number
  /** What is there now; `null` where it has to be created. */
  readonly existing: TargetTopic | null
  readonly action: TopicPreparation['action']
  readonly streams: readonly RestoreStream[]
  /** The value that a setting has, or will have once the topic was created. */
  readonly settingOf: (name: string) => string | undefined
}

/** The value of a setting as a whole number; `undefined` where it is unset or no number. */
export function numericSetting({ settingOf }: TopicTarget, name: string): number | undefined {
  const value = Number(settingOf(name))
  return Number.isSafeInteger(value) ? value : undefined
}

/** `BigInt` for settings such as `retention.ms`, which may be as large as a 64-bit number. */
export function bigSetting({ settingOf }: TopicTarget, name: string): bigint | undefined {
  const value = settingOf(name)
  return value !== undefined && /^-?[0-9]+$/.test(value) ? BigInt(value) : undefined
}

/** The override that a topic has, or is created with; `null` is the absence of one. */
export function overrideOf({ existing, action, source }: TopicTarget, name: string): string | null {
  const isCreated = existing === null || action === 'create' || action === 'recreate'
  if (isCreated) return source.topic.configs[name] ?? null
  return existing.overrides.has(name) ? (existing.settings.get(name) ?? null) : null
}

import type { TopicConfigEntry } from '../../kafka/kafka-topics.ts'

// What brokers answer for a topic without overrides. Source: `LogConfig` of Kafka 4.1.
const DEFAULTS: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'compression.gzip.level': '-1',
  'compression.lz4.level': '9',
  'compression.type': 'producer',
  'compression.zstd.level': '3',
  'delete.retention.ms': '86400000',
  'file.delete.delay.ms': '60000',
  'flush.messages': '9223372036854775807',
  'flush.ms': '9223372036854775807',
  'follower.replication.throttled.replicas': '',
  'index.interval.bytes': '4096',
  'leader.replication.throttled.replicas': '',
  'local.retention.bytes': '-2',
  'local.retention.ms': '-2',
  'max.compaction.lag.ms': '9223372036854775807',
  'max.message.bytes': '1048588',
  'message.timestamp.after.max.ms': '3600000',
  'message.timestamp.before.max.ms': '9223372036854775807',
  'message.timestamp.type': 'CreateTime',
  'min.cleanable.dirty.ratio': '0.5',
  'min.compaction.lag.ms': '0',
  'min.insync.replicas': '1',
  preallocate: 'false',
  'remote.copy.disable': 'false',
  'remote.log.delete.on.disable': 'false',
  'remote.storage.enable': 'false',
  'retention.bytes': '-1',
  'retention.ms': '604800000',
  'segment.bytes': '1073741824',
  'segment.index.bytes': '10485760',
  'segment.jitter.ms': '0',
  'segment.ms': '604800000',
  'unclean.leader.election.enable': 'false',
}

const CHOICES: Readonly<Record<string, RegExp>> = {
  'cleanup.policy': /^((delete|compact)(,(delete|compact))*)?$/,
  'message.timestamp.type': /^(CreateTime|LogAppendTime)$/,
}

/** The overrides of one topic, over Kafka's defaults. */
export class TopicConfigs {
  readonly #overrides = new Map<string, string>()

  /** The first of these settings that a broker would refuse, as a message. */
  static fault(configs: Readonly<Record<string, string | null>>): string | undefined {
    for (const [name, value] of Object.entries(configs)) {
      const standard = DEFAULTS[name]
      if (standard === undefined) return `Unknown topic config name: ${name}`
      if (value !== null && !isValid(name, value, standard)) return `Invalid value ${value} for configuration ${name}`
    }
    return undefined
  }

  get(name: string): string {
    return this.#overrides.get(name) ?? DEFAULTS[name] ?? ''
  }

  /** Sets what is named, and takes back what is named with `null`. */
  change(configs: Readonly<Record<string, string | null>>): void {
    for (const [name, value] of Object.entries(configs)) {
      if (value === null) this.#overrides.delete(name)
      else this.#overrides.set(name, value)
    }
  }

  entries(): readonly TopicConfigEntry[] {
    return Object.keys(DEFAULTS).map((name) => ({
      name,
      value: this.get(name),
      isOverride: this.#overrides.has(name),
    }))
  }
}

function isValid(name: string, value: string, standard: string): boolean {
  const choice = CHOICES[name]
  if (choice !== undefined) return choice.test(value)
  return /^-?\d+$/.test(standard) ? /^-?\d+$/.test(value) : true
}

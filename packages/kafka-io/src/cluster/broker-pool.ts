import { KbackupError } from '@kbackup/core'
import type { KafkaConfig } from 'kafkajs'
import { Broker } from '../connection/broker.ts'
import { addressName, type BrokerAddress } from '../connection/broker-address.ts'
import type { BrokerConnection } from '../connection/broker-connection.ts'
import { bootstrapAddresses, connectionSettings } from '../connection/connection-settings.ts'
import type { FrameMemory } from '../connection/frame-memory.ts'
import { openConnection } from '../connection/open-connection.ts'

/** The brokers that were talked to, by address: a seed that is also a member of the cluster is one broker. */
export class BrokerPool {
  /** The memory that large answers lie in. */
  readonly frames: FrameMemory
  readonly #config: KafkaConfig
  readonly #open: (address: BrokerAddress, signal: AbortSignal) => Promise<BrokerConnection>
  readonly #brokers = new Map<string, Broker>()
  #closed = false

  constructor(config: KafkaConfig) {
    this.#config = config
    const settings = connectionSettings(config)
    this.frames = settings.frames
    this.#open = (address, signal) => openConnection(address, settings, signal)
  }

  /** Throws `KB_USAGE` once the pool was closed. */
  at(address: BrokerAddress): Broker {
    this.#assertOpen()
    const name = addressName(address)
    const known = this.#brokers.get(name)
    if (known) return known
    const broker = new Broker(address, this.#open)
    this.#brokers.set(name, broker)
    return broker
  }

  seeds(): Promise<readonly BrokerAddress[]> {
    this.#assertOpen()
    return bootstrapAddresses(this.#config.brokers)
  }

  /** Closes the connections to brokers that are at none of these addresses any more, once nothing is in flight there. */
  retain(addresses: readonly BrokerAddress[]): void {
    const names = new Set(addresses.map(addressName))
    for (const [name, broker] of this.#brokers) {
      if (names.has(name) || !broker.isIdle) continue
      this.#brokers.delete(name)
      broker.close()
    }
  }

  close(): void {
    this.#closed = true
    for (const broker of this.#brokers.values()) broker.close()
    this.#brokers.clear()
  }

  #assertOpen(): void {
    if (!this.#closed) return
    throw new KbackupError('KB_USAGE', {
      message: 'the cluster was closed',
      hint: 'make a new one with kafka(…), or close it later',
    })
  }
}

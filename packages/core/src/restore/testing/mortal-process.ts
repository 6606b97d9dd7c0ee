import { setImmediate as nextTurn, setTimeout as sleepMs } from 'node:timers/promises'
import { type Environment, systemEnvironment } from '../../archive/environment.ts'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import type { BlobFault } from '../../testing/blob-fault.ts'
import { FaultBlobStore } from '../../testing/fault-blob-store.ts'
import { seededRandom } from '../../testing/seeded-random.ts'

const STALLED_MS = 15

/**
 * What becomes of a process.
 *
 * - `store`, `broker`: it dies at its nth call, before it was sent, or after it took effect and before the answer was heard;
 *   or it is stopped there, and goes on with {@link MortalProcess.wake}. A write to the store may also be torn, or take effect
 *   unanswered, and the process lives; or the process dies and the write lands when {@link MortalProcess.landLate} is called.
 * - `late`: its produce requests from the nth on hang in the network; it dies when it has stalled, and they land when
 *   {@link MortalProcess.landLate} is called, in the order in which they were sent.
 */
export type Fate =
  | { readonly at: 'store' | 'broker'; readonly call: number; readonly when: 'before' | 'after' | 'stopped' }
  | { readonly at: 'store'; readonly call: number; readonly when: 'torn' | 'unanswered' | 'late' }
  | { readonly at: 'late'; readonly call: number }

class DeadError extends Error {
  constructor() {
    super('the process is dead')
  }
}

/** A process that uses a store and a cluster, and is killed at one call. What it had sent before takes effect. */
export class MortalProcess {
  readonly environment: Environment
  readonly #fate: Fate | undefined
  readonly #late: (() => Promise<unknown>)[] = []
  #lateStore: FaultBlobStore | undefined
  #brokerCalls = 0
  #produceCalls = 0
  #isStruck = false
  #isDead = false
  #awake: Promise<void> = Promise.resolve()
  #wake: () => void = () => undefined

  constructor(fate?: Fate, seed = 1) {
    this.#fate = fate
    this.environment = this.#mortalEnvironment(seededRandom(seed))
  }

  /** Whether it came as far as its fate. */
  get isStruck(): boolean {
    return this.#isStruck
  }

  /** How many of its produce requests are still on their way. */
  get lateCount(): number {
    return this.#late.length
  }

  /** Lets a stopped process go on. */
  wake(): void {
    this.#wake()
  }

  async landLate(): Promise<void> {
    for (const send of this.#late.splice(0)) await send()
    await this.#lateStore?.landLatePuts()
  }

  store(inner: BlobStore): BlobStore {
    const fate = this.#fate
    this.#lateStore = new FaultBlobStore(inner, {
      sleep: () => this.#awake,
      schedule: ({ step }) => {
        if (fate?.at !== 'store' || fate.call !== step) return this.#isDead ? DEAD : STOPPABLE
        return this.#storeFault(fate.when)
      },
    })
    return this.#lateStore
  }

  #storeFault(when: Exclude<Fate, { readonly at: 'late' }>['when']): BlobFault {
    this.#isStruck = true
    if (when === 'stopped') return this.#stop()
    if (when === 'torn') return { kind: 'torn-put' }
    if (when === 'unanswered') return { kind: 'fail-after' }
    this.#die()
    return when === 'late' ? { kind: 'late-put' } : { kind: 'halt', when }
  }

  /** The cluster as this process reaches it. */
  cluster(inner: KafkaCluster, beforeCall: (api: string) => Promise<void> = async () => {}): KafkaCluster {
    return new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function' || typeof name !== 'string') return member
        return async (...args: readonly unknown[]) => {
          await beforeCall(name)
          return this.#call(name, async () => Reflect.apply(member, target, args))
        }
      },
    })
  }

  async #call<Value>(api: string, send: () => Promise<Value>): Promise<Value> {
    await this.#awake
    this.#assertAlive()
    if (api === 'produce') this.#produceCalls += 1
    this.#brokerCalls += 1
    const fate = this.#fate
    if (fate?.at === 'late' && api === 'produce' && this.#produceCalls >= fate.call) return this.#sendLate(send)
    if (fate?.at !== 'broker' || fate.call !== this.#brokerCalls) return this.#unlessKilled(send())
    if (fate.when === 'stopped') {
      this.#stop()
      await this.#awake
      return send()
    }
    if (fate.when === 'after') await send()
    this.#die()
    throw new DeadError()
  }

  async #sendLate<Value>(send: () => Promise<Value>): Promise<Value> {
    this.#late.push(send)
    // With everything in flight unanswered, nothing goes on but the checkpoints.
    await sleepMs(STALLED_MS)
    this.#die()
    throw new DeadError()
  }

  /** Whoever is killed does not hear the answer. */
  async #unlessKilled<Value>(answer: Promise<Value>): Promise<Value> {
    const value = await answer
    await this.#awake
    this.#assertAlive()
    return value
  }

  #die(): void {
    this.#isStruck = true
    this.#isDead = true
  }

  #stop(): BlobFault {
    this.#isStruck = true
    this.#awake = new Promise((resolve) => {
      this.#wake = resolve
    })
    return STOPPABLE
  }

  #assertAlive(): void {
    if (this.#isDead) throw new DeadError()
  }

  #mortalEnvironment(random: () => number): Environment {
    const sleep: Environment['sleep'] = async (_delayMs, signal) => {
      await nextTurn()
      await this.#awake
      signal?.throwIfAborted()
      this.#assertAlive()
    }
    return { ...systemEnvironment, random, sleep }
  }
}

/** Waits while the process is stopped, and not at all otherwise. */
const STOPPABLE = { kind: 'delay', delayMs: 0 } as const
const DEAD = { kind: 'fail-before', error: new DeadError() } as const

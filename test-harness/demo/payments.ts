import { partitionName, type TopicPartition } from '@kbackup/core'

/** The topics of the story. */
export const PAYMENT_TOPICS = [
  'payments.initiated',
  'payments.captured',
  'payments.failed',
  'payments.refunded',
] as const

export const PARTITION_COUNT = 3

/** What a JavaScript program writes that forgot to call `JSON.stringify`. */
export const GARBAGE = '[object Object]'

/** A record of the story, as it is written and as it is read. */
export interface PaymentRecord extends TopicPartition {
  readonly key: string
  readonly value: string
  readonly trace: string
  readonly timestampMs: number
}

/** Everything by which two records are told apart. */
export function recordText({ key, value, trace, timestampMs }: PaymentRecord): string {
  return JSON.stringify([key, value, trace, timestampMs])
}

/** The partition of a record, or of the record that was restored from it. */
export function restoredPartition({ topic, partition }: TopicPartition): string {
  return partitionName({ topic: restoredTopic(topic), partition })
}

/** Where the story restores a topic to. */
export function restoredTopic(topic: string): string {
  return `restored.${topic}`
}

/** The payments of the platform, one after the other; remembers all that it wrote. */
export class Payments {
  readonly #written: PaymentRecord[] = []
  #payments = 0

  /** Everything that was written, in order. */
  get written(): readonly PaymentRecord[] {
    return this.#written
  }

  /** The records of the next payments: each is initiated, nearly all are captured, some fail, a few are refunded. */
  write(count: number, capture: 'sound' | 'garbage'): readonly PaymentRecord[] {
    const records = Array.from({ length: count }, () => this.#nextPayment(capture)).flat()
    this.#written.push(...records)
    return records
  }

  #nextPayment(capture: 'sound' | 'garbage'): readonly PaymentRecord[] {
    this.#payments += 1
    const number = this.#payments
    const outcome = number % 12 === 0 ? 'failed' : 'captured'
    const steps = ['initiated', outcome, ...(number % 30 === 1 ? ['refunded'] : [])]
    return steps.map((step) => {
      const record = paymentRecord(number, step)
      return step === 'captured' && capture === 'garbage' ? { ...record, value: GARBAGE } : record
    })
  }
}

function paymentRecord(number: number, step: string): PaymentRecord {
  const payment = `payment-${String(number).padStart(6, '0')}`
  const timestampMs = Date.now()
  const cents = 100 + ((number * 7_919) % 25_000)
  const value = JSON.stringify({ payment, step, amount: cents / 100, currency: 'EUR', at: timestampMs })
  const where = { topic: `payments.${step}`, partition: Math.floor(number / 12) % PARTITION_COUNT }
  return { ...where, key: payment, value, trace: `${step}-${number}`, timestampMs }
}

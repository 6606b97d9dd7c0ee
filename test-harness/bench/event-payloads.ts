import { createHash } from 'node:crypto'

/** About this many bytes each; compressible about 4:1 by zstd, as JSON events of services are. */
export const EVENT_BYTES = 850

/** Distinct events in a dataset; a block of a mebibyte then rarely meets one twice. */
const DISTINCT_EVENTS = 50_000

const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'SEK']
const STATES = ['initiated', 'authorized', 'captured', 'settled', 'refunded']
const SERVICES = ['checkout-api', 'payment-gateway', 'ledger', 'risk-engine']
const COUNTRIES = ['DE', 'FR', 'US', 'GB', 'CH', 'SE', 'IT']

/** JSON events, the same in every run, one a line. */
export function eventLines(count: number = DISTINCT_EVENTS): string {
  return Array.from({ length: Math.min(count, DISTINCT_EVENTS) }, (_, index) => `${event(index)}\n`).join('')
}

function event(index: number): string {
  const random = digest(`event ${index}`)
  const pick = <Value>(values: readonly Value[], at: number) => values[random.readUInt8(at) % values.length]
  const hex = (from: number, to: number) => random.toString('hex', from, to)
  return JSON.stringify({
    eventId: uuid(hex(0, 16)),
    eventType: `payment.${pick(STATES, 60)}`,
    schemaVersion: 3,
    occurredAt: new Date(1_764_426_540_000 + index * 37).toISOString(),
    traceId: hex(16, 32),
    spanId: hex(32, 40),
    producer: { service: pick(SERVICES, 61), host: `node-${random.readUInt8(62) % 40}`, region: 'eu-central-1' },
    payment: {
      paymentId: `pay_${hex(40, 50)}`,
      orderId: `order-${1_000_000 + (random.readUInt32LE(50) % 9_000_000)}`,
      amount: { value: (random.readUInt32LE(54) % 1_000_000) / 100, currency: pick(CURRENCIES, 63) },
      method: {
        type: 'card',
        network: random.readUInt8(59) % 2 ? 'visa' : 'mastercard',
        last4: `${1000 + (index % 9000)}`,
      },
      state: pick(STATES, 60),
      previousState: pick(STATES, 58),
      riskScore: random.readUInt8(57) / 255,
    },
    customer: {
      customerId: `cus_${hex(24, 36)}`,
      country: pick(COUNTRIES, 56),
      email: `customer-${random.readUInt32LE(20) % 1_000_000}@example.com`,
      returning: random.readUInt8(55) % 3 === 0,
    },
    flags: { testMode: false, requiresReview: random.readUInt8(44) % 20 === 0, channel: 'web' },
    signature: digest(`signature ${index}`).toString('base64url'),
  })
}

function digest(text: string): Buffer {
  return createHash('sha512').update(text).digest()
}

function uuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

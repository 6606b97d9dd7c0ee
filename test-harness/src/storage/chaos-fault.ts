/** What goes wrong with one request on its way to a store and back. */
export type ChaosFault =
  /** Answered with an error of the service, before or after it took effect. */
  | { readonly kind: 'error'; readonly when: 'before' | 'after' }
  /** The connection breaks: before the request arrives, half-way through it, or when it has taken effect. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'within' | 'after' }
  /** The connection breaks at once, and the request arrives some time later all the same. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** Asked to come again later. */
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'damage'; readonly damage: ChaosDamage }

/** What happens to a body; `at` is a place in it, from 0 to 1. */
export interface ChaosDamage {
  /** Of a request that has no body, it is the body of the answer that is damaged. */
  readonly of: 'request' | 'answer'
  /** One bit is wrong; the rest is missing; or, of an answer, the rest is missing and the length says that it was all. */
  readonly how: 'flip' | 'cut' | 'shorten'
  readonly at: number
}

/** Numbers in [0, 1) that follow from a seed. */
type Random = () => number

const ERRORS: readonly ((random: Random) => ChaosFault)[] = [
  () => ({ kind: 'error', when: 'before' }),
  () => ({ kind: 'error', when: 'after' }),
  () => ({ kind: 'reset', when: 'before' }),
  () => ({ kind: 'reset', when: 'within' }),
  () => ({ kind: 'reset', when: 'after' }),
  (random) => ({ kind: 'late', delayMs: Math.ceil(random() * 30) }),
]

/** Draws what goes wrong with the next request: 25 % errors and resets, 30 % throttling, 1 % damage, 10 % delays. */
export function drawChaosFault(random: Random): ChaosFault | undefined {
  const drawn = random()
  if (drawn < 0.25) return ERRORS[Math.floor(random() * ERRORS.length)]?.(random)
  if (drawn < 0.55) return { kind: 'throttle', retryAfterSeconds: 1 + Math.floor(random() * 5) }
  if (drawn < 0.56) return { kind: 'damage', damage: drawDamage(random) }
  if (drawn < 0.66) return { kind: 'delay', delayMs: Math.ceil(random() * 20) }
  return undefined
}

function drawDamage(random: Random): ChaosDamage {
  const isOfRequest = random() < 0.5
  // The length of a request is signed: nobody shortens that.
  const ways = isOfRequest ? (['flip', 'cut'] as const) : (['flip', 'cut', 'shorten'] as const)
  const how = ways[Math.floor(random() * ways.length)] ?? 'flip'
  return { of: isOfRequest ? 'request' : 'answer', how, at: random() }
}

/** The body with one bit wrong, or its beginning. */
export function damaged(body: Buffer, { how, at }: ChaosDamage): Buffer {
  const place = Math.floor(at * body.length)
  if (how !== 'flip') return body.subarray(0, place)
  const wrong = Buffer.from(body)
  wrong[place] = (wrong[place] ?? 0) ^ (1 << (Math.floor(at * 1_000) % 8))
  return wrong
}

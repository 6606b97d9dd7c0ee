import { pause } from './condition.ts'
import { PaymentProcessor, type ProcessorLog } from './payment-processor.ts'
import { PARTITION_COUNT, PAYMENT_TOPICS, type PaymentRecord, Payments } from './payments.ts'
import type { Platform } from './platform.ts'
import type { Screen } from './screen.ts'

export const GROUP = 'payment-processor'

const PAYMENTS_PER_TICK = 60
const TICK_MS = 50
const SOUND_TICKS = 40
const GARBAGE_TICKS = 20
const GARBAGE_READ = 100

/** What happened until somebody noticed. */
export interface Incident {
  readonly written: readonly PaymentRecord[]
  /** No sound capture is as young, and no garbage older. */
  readonly bugAtMs: number
  /** The processor that ran meanwhile; it has left its group. */
  readonly processor: ProcessorLog
}

/** What the story is played on, and where it is told. */
export interface Stage {
  readonly platform: Platform
  readonly screen: Screen
  readonly signal: AbortSignal
}

/** Plays the afternoon until somebody notices the garbage. */
export async function playIncident({ platform, screen, signal }: Stage): Promise<Incident> {
  const payments = new Payments()
  await using processor = new PaymentProcessor(platform, {
    groupId: GROUP,
    topics: PAYMENT_TOPICS,
    signal,
    works: true,
  })
  await createTopics(platform, signal)
  screen.moment(
    '14:00',
    `Payments flow into ${PAYMENT_TOPICS.join(', ')}`,
    `(${PARTITION_COUNT} partitions each). The consumer group ${GROUP} reads them and commits as it goes.`,
  )
  await processor.start()
  await writeSound({ platform, signal }, payments)
  await processor.hasCommittedIn(PAYMENT_TOPICS.length * PARTITION_COUNT)
  const bugAtMs = await writeFirstGarbage({ platform, signal }, payments)
  screen.moment('14:30', 'A deploy goes wrong: payments.captured is filled with "[object Object]".')
  await writeMoreGarbage({ platform, signal }, payments)
  await processor.waitFor('garbage to read', () => processor.garbage >= GARBAGE_READ)
  await processor.stop()
  const agoS = ((Date.now() - bugAtMs) / 1_000).toFixed(1)
  screen.moment(
    '14:47',
    `Somebody notices, and stops ${GROUP}. It has read ${processor.garbage} records of garbage and committed`,
    `positions behind them. The first garbage bears the time ${isoTime(bugAtMs)}, ${agoS} s ago.`,
  )
  return { written: payments.written, bugAtMs, processor }
}

/** ISO 8601 in UTC, to the millisecond. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

type Ground = Pick<Stage, 'platform' | 'signal'>

async function createTopics({ cluster }: Platform, signal: AbortSignal): Promise<void> {
  const topics = PAYMENT_TOPICS.map((topic) => ({
    topic,
    partitionCount: PARTITION_COUNT,
    replicationFactor: -1,
    configs: {},
  }))
  const failed = (await cluster.createTopics(topics, { signal })).find(({ error }) => error !== undefined)
  if (failed !== undefined) throw new Error(`${failed.topic} could not be created: ${failed.error?.name}`)
}

async function writeSound({ platform, signal }: Ground, payments: Payments): Promise<void> {
  for (let tick = 0; tick < SOUND_TICKS; tick++) {
    await platform.produce(payments.write(PAYMENTS_PER_TICK, 'sound'))
    await pause(TICK_MS, signal)
  }
}

/** The bug strikes in the middle of what a producer sends at once, so that a batch has sound records and garbage. */
async function writeFirstGarbage({ platform, signal }: Ground, payments: Payments): Promise<number> {
  const sound = payments.write(PAYMENTS_PER_TICK / 2, 'sound')
  await pause(5, signal)
  const bugAtMs = Date.now()
  await platform.produce([...sound, ...payments.write(PAYMENTS_PER_TICK / 2, 'garbage')])
  return bugAtMs
}

async function writeMoreGarbage({ platform, signal }: Ground, payments: Payments): Promise<void> {
  for (let tick = 0; tick < GARBAGE_TICKS; tick++) {
    await pause(TICK_MS, signal)
    await platform.produce(payments.write(PAYMENTS_PER_TICK, 'garbage'))
  }
}

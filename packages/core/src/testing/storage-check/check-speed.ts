import { randomBytes } from 'node:crypto'
import { repeated } from '../../storage/retry-policy.ts'
import type { CheckContext } from './check-context.ts'
import type { StorageCheckReport } from './storage-check-report.ts'

const MIB = 1024 * 1024
const STREAM_MIB = 32

/** How fast one stream goes up, and comes down. */
export async function checkThroughput(context: CheckContext): Promise<StorageCheckReport['throughput']> {
  const { store, folder, retry, signal } = context
  const key = `${folder}throughput`
  const putMs = await durationMs(() => repeated(() => store.put(key, stream(), { signal }), retry, signal))
  const getMs = await durationMs(() => store.get(key, { signal }))
  const perSecond = (ms: number) => Math.round((STREAM_MIB * MIB * 1_000) / Math.max(1, ms))
  return { putBytesPerSecond: perSecond(putMs), getBytesPerSecond: perSecond(getMs) }
}

/** How far the clock of the store is ahead. */
export async function checkClock({ store, folder, signal }: CheckContext): Promise<number | null> {
  const key = `${folder}pins/clock`
  const beforeMs = Date.now()
  await store.put(key, Buffer.from('.'), { ifAbsent: true, signal })
  const halfwayMs = (beforeMs + Date.now()) / 2
  const info = await store.head(key, { signal })
  return info === undefined ? null : Math.round(info.modifiedAtMs - halfwayMs)
}

async function* stream(): AsyncGenerator<Uint8Array, void, void> {
  for (let index = 0; index < STREAM_MIB; index++) yield randomBytes(MIB)
}

async function durationMs(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await work()
  return performance.now() - startedAtMs
}

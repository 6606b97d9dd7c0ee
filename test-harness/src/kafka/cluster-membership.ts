import { setTimeout as sleep } from 'node:timers/promises'
import { plaintextClient } from './plaintext-client.ts'

const DEADLINE_MS = 120_000
const POLL_MS = 100

/** Resolves when the cluster itself counts so many brokers and has a controller. */
export async function waitForBrokers(servers: readonly string[], count: number, signal?: AbortSignal): Promise<void> {
  const admin = plaintextClient(servers).admin()
  const deadlineMs = Date.now() + DEADLINE_MS
  try {
    await admin.connect()
    while (Date.now() < deadlineMs) {
      const { brokers, controller } = await admin.describeCluster()
      if (brokers.length >= count && controller !== null) return
      await sleep(POLL_MS, undefined, { signal })
    }
    throw new Error(`the cluster at ${servers.join(',')} did not reach ${count} brokers`)
  } finally {
    await admin.disconnect()
  }
}

import type { TestKafka } from '../src/index.ts'
import { plaintextClient } from '../src/index.ts'
import type { BenchCase, BenchSample } from './bench-sample.ts'
import { processCpuSeconds } from './process-figures.ts'

/** Runs a case, and tells what the brokers of this machine took meanwhile. */
export async function sampleWithBroker(
  { brokers }: Pick<TestKafka, 'brokers'>,
  benchCase: BenchCase,
  round: number,
): Promise<BenchSample> {
  const cpu = () => Promise.all(brokers.map(({ pid }) => processCpuSeconds(pid)))
  const before = await cpu()
  const sample = await benchCase.run(round)
  const after = await cpu()
  const spent = after.map((seconds, index) => difference(seconds, before[index]))
  const known = spent.filter((seconds) => seconds !== undefined)
  const brokerCpuSeconds = known.length === 0 ? undefined : known.reduce((sum, seconds) => sum + seconds, 0)
  return { ...sample, brokerCpuSeconds }
}

export async function deleteTopics(
  { plaintextServers }: Pick<TestKafka, 'plaintextServers'>,
  topics: readonly string[],
): Promise<void> {
  const admin = plaintextClient(plaintextServers).admin()
  try {
    await admin.connect()
    await admin.deleteTopics({ topics: [...topics] })
  } finally {
    await admin.disconnect()
  }
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before
}

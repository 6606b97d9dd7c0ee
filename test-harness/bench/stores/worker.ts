import { randomBytes } from 'node:crypto'
import { bareMover } from './bare-mover.ts'
import { kbackupMover } from './kbackup-mover.ts'
import { CHUNK_BYTES, type ObjectMover, PART_BYTES, PARTS_IN_FLIGHT, type StoreJob } from './store-job.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const chunk = randomBytes(CHUNK_BYTES)

/** Fresh memory for each chunk, as codecs give it. */
async function* chunksOf(objectBytes: number): AsyncGenerator<Uint8Array, void, void> {
  for (let sent = 0; sent < objectBytes; sent += CHUNK_BYTES) yield Buffer.from(chunk)
}

async function downloadAll(mover: ObjectMover, key: string, objectBytes: number): Promise<void> {
  let [next, received] = [0, 0]
  const reader = async (): Promise<void> => {
    for (let start = next; start < objectBytes; start = next) {
      next = start + PART_BYTES
      const length = await mover.download(key, start, Math.min(next, objectBytes))
      received += length
    }
  }
  await Promise.all(Array.from({ length: PARTS_IN_FLIGHT }, reader))
  if (received !== objectBytes) throw new Error(`${key}: ${received} of ${objectBytes} bytes came`)
}

async function perform(mover: ObjectMover, { direction, keys, objectBytes }: StoreJob): Promise<void> {
  await Promise.all(
    keys.map((key) =>
      direction === 'upload' ? mover.upload(key, chunksOf(objectBytes)) : downloadAll(mover, key, objectBytes),
    ),
  )
}

const job: StoreJob = JSON.parse(process.argv[2] ?? '')
const mover = job.side === 'kbackup' ? await kbackupMover(job.address) : bareMover(job)
const startedAt = performance.now()
const cpuBefore = process.cpuUsage()
await perform(mover, job)
const { user, system } = process.cpuUsage(cpuBefore)
process.stdout.write(
  `${JSON.stringify({
    seconds: (performance.now() - startedAt) / 1_000,
    cpuSeconds: (user + system) / 1_000_000,
  })}\n`,
)

import type { StoreAddress } from '../../src/storage/store-address.ts'
import { storeAt } from '../../src/storage/store-at.ts'
import type { BenchCase, BenchSample } from '../bench-sample.ts'
import { measuredProcess } from '../measured-process.ts'
import type { StoreJob, StoreSide } from './store-job.ts'

export interface StoreCaseOptions {
  readonly objects: number
  readonly objectBytes: number
  readonly workerFile: string
}

type Direction = StoreJob['direction']

const NAMES: Readonly<Record<StoreSide, string>> = {
  bare: 'bare SDK',
  'bare-md5': 'bare SDK with MD5',
  kbackup: 'kbackup',
}

/** Uploads and downloads, by the bare SDK and by kbackup, each in a process of its own. */
export function storeCases(address: StoreAddress, options: StoreCaseOptions): readonly BenchCase[] {
  return (['upload', 'download'] as const).flatMap((direction) =>
    sidesOf(address, direction).map((side) => storeCase(address, { side, direction }, options)),
  )
}

function sidesOf({ backend }: StoreAddress, direction: Direction): readonly StoreSide[] {
  return backend === 'azure' && direction === 'upload' ? ['bare', 'bare-md5', 'kbackup'] : ['bare', 'kbackup']
}

function storeCase(
  address: StoreAddress,
  { side, direction }: Pick<StoreJob, 'side' | 'direction'>,
  { objects, objectBytes, workerFile }: StoreCaseOptions,
): BenchCase {
  const nameOf = (of: StoreSide) => `${address.backend} ${direction}, ${NAMES[of]}`
  return {
    name: nameOf(side),
    valueBytes: objects * objectBytes,
    comparedWith: side === 'kbackup' ? [nameOf('bare'), nameOf('bare-md5')] : [],
    async run(round) {
      const keys = Array.from({ length: objects }, (_, index) => `${side}/${round}/${index}`)
      const job: StoreJob = { address, side, direction, keys, objectBytes }
      const { stdout, peakRssMiB } = await measuredProcess({
        command: process.execPath,
        args: [workerFile, JSON.stringify(job)],
        keepsOutput: true,
      })
      // What a round uploads it downloads; then it makes room for the next.
      if (direction === 'download' || side === 'bare-md5') await deleteAll(address, keys)
      const { seconds, cpuSeconds }: Pick<BenchSample, 'seconds' | 'cpuSeconds'> = JSON.parse(stdout)
      return { seconds, cpuSeconds, peakRssMiB }
    },
  }
}

async function deleteAll(address: StoreAddress, keys: readonly string[]): Promise<void> {
  const store = await storeAt(address)
  for (const key of keys) await store.delete(key)
}

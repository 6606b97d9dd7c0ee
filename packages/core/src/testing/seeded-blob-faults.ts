import type { BlobCall, BlobFault, BlobFaultSchedule } from './blob-fault.ts'
import { seededRandom } from './seeded-random.ts'

export interface SeededBlobFaultsOptions {
  readonly seed: number
  /** The share of calls that are struck, from 0 to 1. */
  readonly rate: number
  /** The faults to draw from; by default those that a sound client gets over by trying again. */
  readonly faults?: readonly BlobFault[] | undefined
}

const PASSING_FAULTS: readonly BlobFault[] = [
  { kind: 'fail-before' },
  { kind: 'fail-after' },
  { kind: 'torn-put' },
  { kind: 'late-put', landsAfterSteps: 1 },
  { kind: 'late-put', landsAfterSteps: 3 },
]

/** A schedule drawn from a seed: the same seed strikes the same steps in the same way. Faults of puts strike puts only. */
export function seededBlobFaults({ seed, rate, faults }: SeededBlobFaultsOptions): BlobFaultSchedule {
  const random = seededRandom(seed)
  return (call) => {
    const isStruck = random() < rate
    const drawn = random()
    if (!isStruck) return undefined
    const fitting = (faults ?? PASSING_FAULTS).filter((fault) => fits(fault, call))
    return fitting[Math.floor(drawn * fitting.length)]
  }
}

function fits(fault: BlobFault, { operation }: BlobCall): boolean {
  if (fault.kind === 'torn-put' || fault.kind === 'late-put') return operation === 'put'
  if (fault.kind === 'flip-byte') return operation === 'put' || operation === 'get'
  return true
}

import type { BlobStore } from '../../../storage/blob-store.ts'
import type { SectionEntry } from '../../commit.ts'
import type { Environment } from '../../environment.ts'
import type { SimulatedSource } from './simulated-source.ts'
import type { Turns } from './turns.ts'
import type { Witness } from './witness.ts'

/** One life of a process: what it can reach, and under which name. */
export interface SimulatedProcess {
  /** Of this life alone. */
  readonly owner: string
  /** The same in every life. */
  readonly name: string
  readonly turns: Turns
  readonly store: BlobStore
  readonly environment: Environment
  readonly source: SimulatedSource
  readonly witness: Witness
}

/** The bytes of a section of a simulation: the branch of each record. */
export function sectionBytes(branches: readonly number[]): Buffer {
  return Buffer.from(branches.join(','))
}

/** The branch of each record of a section; `undefined` where the bytes cannot be those of the section. */
export function readSectionBytes(
  bytes: Buffer,
  { startOffset, nextOffset }: SectionEntry,
): readonly number[] | undefined {
  const branches = bytes.toString().split(',').map(Number)
  return branches.length === Number(nextOffset - startOffset) ? branches : undefined
}

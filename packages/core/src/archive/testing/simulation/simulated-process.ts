import type { BlobStore } from '../../../storage/blob-store.ts'
import type { PartitionLineage, SectionEntry } from '../../commit.ts'
import type { Environment } from '../../environment.ts'
import { sectionAt } from '../commit-fixture.ts'
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

/** As long as the entry of every section of a simulation says. */
const SECTION_BYTES = 300

/** A section of a simulation: its bytes say the branch of each record. */
export interface SimulatedSection {
  readonly bytes: Buffer
  readonly sealed: Omit<SectionEntry, 'key'>
}

export function simulatedSection(
  lineage: PartitionLineage,
  startOffset: bigint,
  branches: readonly number[],
): SimulatedSection {
  const { key, ...sealed } = sectionAt(lineage, [startOffset, startOffset + BigInt(branches.length)])
  return { bytes: Buffer.from(branches.join(',').padEnd(SECTION_BYTES)), sealed }
}

/** The branch of each record of a section, out of its object; `undefined` where the bytes cannot be those of the section. */
export function readSectionBytes(
  object: Buffer,
  { startOffset, nextOffset, position, length }: SectionEntry,
): readonly number[] | undefined {
  const text = object.toString('latin1', position, position + length)
  const branches = text.split(',').map(Number)
  return branches.length === Number(nextOffset - startOffset) ? branches : undefined
}

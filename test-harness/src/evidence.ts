import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { repositoryDirectory } from './cache-directory.ts'
import { formattedJson } from './formatted-json.ts'

/** Figures of one suite, to be kept in the repository. */
export interface Evidence {
  /** Also the name of the file. */
  readonly name: string
  /** One sentence that says what was done. */
  readonly what: string
  readonly figures: Readonly<Record<string, unknown>>
}

/** Writes figures of a full run (`npm run test:long`) to `docs/evidence/`; of a scaled one nothing. */
export async function writeEvidence({ name, what, figures }: Evidence): Promise<void> {
  if (process.env.KBACKUP_TEST_SCALE !== 'full') return
  const folder = join(repositoryDirectory, 'docs', 'evidence')
  await mkdir(folder, { recursive: true })
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
  const evidence = { what, date: new Date().toISOString().slice(0, 10), machine, ...figures }
  await writeFile(join(folder, `${name}.json`), await formattedJson(evidence))
}

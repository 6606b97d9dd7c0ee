import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repositoryDirectory } from '../cache-directory.ts'
import type { Mutation, SourceEdit } from './mutation.ts'

const CORE = join(repositoryDirectory, 'packages', 'core')
/** Below the package, so that what it depends on is found; ignored by git. */
const MUTANTS = join(CORE, '.mutants')

/** A copy of `packages/core/src` in which a rule is switched off. */
export interface Mutant {
  readonly directory: string
  remove(): Promise<void>
}

export async function makeMutant({ edits }: Mutation): Promise<Mutant> {
  await mkdir(MUTANTS, { recursive: true })
  const directory = await mkdtemp(join(MUTANTS, 'mutant-'))
  await cp(join(CORE, 'src'), join(directory, 'src'), { recursive: true })
  for (const edit of edits) await apply(join(directory, 'src'), edit)
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) }
}

/** Throws where a mutation no longer fits the source. */
export async function assertFits({ edits }: Mutation): Promise<void> {
  for (const edit of edits) editedText(await readFile(join(CORE, 'src', edit.file), 'utf8'), edit)
}

async function apply(source: string, edit: SourceEdit): Promise<void> {
  const path = join(source, edit.file)
  await writeFile(path, editedText(await readFile(path, 'utf8'), edit))
}

function editedText(content: string, { file, text, replacement }: SourceEdit): string {
  const parts = content.split(text)
  if (parts.length === 2) return parts.join(replacement)
  throw new Error(`${file} holds ${JSON.stringify(text)} ${parts.length - 1} times: bring the mutation up to date`)
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes a configuration for the archive `payments` below a folder, with more lines at its end, and gives its path. */
export async function configurationFile(folder: string, mode: 'backup' | 'restore', more = ''): Promise<string> {
  const file = join(folder, `${mode}.yaml`)
  const end = mode === 'backup' ? 'source' : 'target'
  const head = `mode: ${mode}\nbackup_id: payments\n${end}:\n  bootstrap_servers: ["a:1"]\n`
  await writeFile(file, `${head}storage:\n  backend: filesystem\n  path: ${folder}\n${more}`)
  return file
}

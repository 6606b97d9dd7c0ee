import { setMaxListeners } from 'node:events'
import { parseArgs } from 'node:util'
import { openArchivePlace, STORAGES } from './archive-place.ts'
import { playDemo } from './demo.ts'
import { demoDirectory } from './demo-directory.ts'
import { openPlatform } from './open-platform.ts'
import { Screen } from './screen.ts'

const interruption = new AbortController()
setMaxListeners(0, interruption.signal)
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interruption.abort(new Error(`interrupted by ${name}`)))
}

/** The exit status: 0 where everything held. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { directory: { type: 'string' }, 'in-memory': { type: 'boolean' }, storage: { type: 'string' } },
  })
  const { signal } = interruption
  const storage = STORAGES.find((name) => name === (values.storage ?? 'filesystem'))
  if (storage === undefined) throw new Error(`--storage takes ${STORAGES.join(', ')}, not ${values.storage}`)
  const directory = await demoDirectory(values.directory)
  await using archive = await openArchivePlace(storage, directory, signal)
  await using platform = await openPlatform({ inMemory: values['in-memory'] === true, directory, archive, signal })
  const screen = new Screen(process.stdout, process.env)
  return (await playDemo({ platform, screen, signal }, { directory, archive })) ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  const { aborted, reason } = interruption.signal
  const cause = aborted ? reason : error
  process.stderr.write(`the demo ended early: ${cause instanceof Error ? cause.message : cause}\n`)
  process.exitCode = aborted ? 130 : 1
}

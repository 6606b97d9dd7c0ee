import { once } from 'node:events'
import { fs } from '../fs.ts'

/*
 * A process that writes, for tests that kill it or race several of them.
 *
 *   stream <directory> <key>            puts a stream that never ends; prints `writing` once bytes are on their way
 *   race <directory> <prefix> <rounds>  prints `ready`, waits for a line, then creates `<prefix><round>` round by round
 *                                       and prints the rounds that it has won
 */
const [mode = '', directory = '', key = '', rounds = '0'] = process.argv.slice(2)
const store = fs({ directory })

async function* endless(): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.alloc(1_000_000)
  process.stdout.write('writing\n')
  await new Promise((resolve) => setTimeout(resolve, 60_000))
}

async function race(): Promise<void> {
  process.stdout.write('ready\n')
  await once(process.stdin, 'data')
  process.stdin.destroy()
  for (let round = 0; round < Number(rounds); round += 1) {
    const won = await store.put(`${key}${round}`, Buffer.from(`${process.pid}`), { ifAbsent: true }).then(
      () => true,
      () => false,
    )
    if (won) process.stdout.write(`${round}\n`)
  }
}

await (mode === 'race' ? race() : store.put(key, endless(), { ifAbsent: true }))

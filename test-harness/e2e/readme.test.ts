import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTopic,
  plaintextClient,
  produceCorpus,
  readAllRecords,
  repositoryDirectory,
  runCommand,
  startKafka,
  type TestKafka,
} from '../src/index.ts'

interface Snippet {
  readonly language: string
  readonly file: string
  readonly text: string
}

const readme = await readFile(join(repositoryDirectory, 'README.md'), 'utf8')
const snippets: readonly Snippet[] = [...readme.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', file = '', text = '']) => ({ language, file, text }),
)
/** The archive knows where groups were at moments of this test only. */
const ANY_MOMENT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

let cluster: TestKafka
let folder: string
/** In place of the moment that the README speaks of: all that was produced is older. */
let moment: string

beforeAll(async () => {
  cluster = await startKafka()
  folder = await mkdtemp(join(tmpdir(), 'kbackup-readme-'))
  await symlink(join(repositoryDirectory, 'test-harness', 'node_modules'), join(folder, 'node_modules'))
  const program = join(repositoryDirectory, 'packages', 'cli', 'dist', 'main.js')
  await writeFile(join(folder, 'kbackup'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
  await chmod(join(folder, 'kbackup'), 0o755)
  await createTopic(cluster, { topic: 'payments.captured', partitions: 2 })
  await produceCorpus(cluster, { topic: 'payments.captured', partition: 0, cases: ['nulls', 'headers', 'plain:30'] })
  await produceCorpus(cluster, { topic: 'payments.captured', partition: 1, cases: ['plain:20'] })
  await setPosition()
  moment = new Date().toISOString()
})

afterAll(async () => {
  await cluster.stop()
  await rm(folder, { recursive: true })
})

describe('the README', () => {
  it('has commands and files that back up, verify, plan and restore as it says', async () => {
    for (const { language, file, text } of snippets) {
      if (language === 'yaml') await writeFile(join(folder, file), withBroker(text))
    }
    const commands = snippets.find(({ language, text }) => language === 'sh' && text.startsWith('kbackup backup'))
    const output = await runShell(commands?.text.replaceAll(ANY_MOMENT, moment) ?? 'exit 1')
    expect(output).toContain('No blockers. Nothing was written.')
    expect(await contents('restored.payments.captured')).toEqual(await contents('payments.captured'))
    expect(await position('restored.payments.captured')).toBe('7')
  })

  it('has commands that prove, release and set groups after that restore', async () => {
    const commands = snippets.find(({ language, text }) => language === 'sh' && text.includes('kbackup restore verify'))
    const restores = await readdir(join(folder, 'backups', 'payments', 'restores'))
    const restoreId = restores.find((name) => !name.startsWith('_')) ?? 'none'
    const script = commands?.text.replaceAll('RESTORE_ID', restoreId) ?? 'exit 1'
    const output = await runShell(script.replaceAll(ANY_MOMENT, moment))
    expect(output).toContain('payment-processor')
  })

  it('has programs that run', async () => {
    const programs = snippets.filter(({ language }) => language === 'ts')
    expect(programs).toHaveLength(2)
    for (const [index, { text }] of programs.entries()) await writeFile(join(folder, `${index}.mts`), withBroker(text))
    expect(await runShell(`${runTypeScript} 0.mts`)).toMatch(/^(\d+) \1\n$/)
    expect(await contents('again.payments.captured')).toEqual(await contents('payments.captured'))
    expect(await runShell(`${runTypeScript} 1.mts`)).toMatch(/^\d+ true\n$/)
  })

  it('names only npm scripts that there are', async () => {
    const { scripts } = JSON.parse(await readFile(join(repositoryDirectory, 'package.json'), 'utf8'))
    const named = [...readme.matchAll(/\bnpm (?:run )?(demo|test|build|bench)\b/g)].map(([, name]) => name)
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named))
  })
})

const runTypeScript = `'${process.execPath}' --import '${import.meta.resolve('tsx')}'`

function withBroker(text: string): string {
  expect(text.match(/localhost:9092/g) ?? ['none']).toHaveLength(1)
  return text.replace('localhost:9092', cluster.plaintextServers[0] ?? '')
}

async function runShell(script: string): Promise<string> {
  const env = { PATH: [folder, process.env.PATH ?? ''].join(delimiter) }
  return (await runCommand('sh', ['-e', '-c', script], { cwd: folder, env })).stdout
}

/** What a Java consumer sees of a topic, but for its name. */
async function contents(topic: string) {
  return (await readAllRecords(cluster, { topics: [topic] })).map(({ topic: _, ...record }) => record)
}

async function setPosition(): Promise<void> {
  const admin = plaintextClient(cluster.plaintextServers).admin()
  const partitions = [{ partition: 0, offset: '7' }]
  await admin.setOffsets({ groupId: 'payment-processor', topic: 'payments.captured', partitions })
  await admin.disconnect()
}

async function position(topic: string): Promise<string | undefined> {
  const admin = plaintextClient(cluster.plaintextServers).admin()
  const [found] = await admin.fetchOffsets({ groupId: 'payment-processor', topics: [topic] })
  await admin.disconnect()
  return found?.partitions.find(({ partition }) => partition === 0)?.offset
}

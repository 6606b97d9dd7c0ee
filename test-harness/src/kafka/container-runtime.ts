import { randomBytes } from 'node:crypto'
import { OwnedProcess } from '../process/owned-process.ts'
import { guardWithParent } from '../process/parent-guard.ts'
import { runCommand } from '../process/run-command.ts'
import { sayProgress, withProgressLine } from '../progress-line.ts'
import {
  type BrokerLaunch,
  type BrokerProcess,
  type BrokerRuntime,
  brokerArguments,
  storageToolArguments,
} from './broker-runtime.ts'

const CLASS_PATH = '/opt/kafka/libs/*'

/**
 * The image of a version of Kafka, where a container engine answers and has it or can pull it.
 *
 * Only on Linux: elsewhere engines run in a machine of their own, whose network and files are not ours.
 */
export async function kafkaImage(version: string, signal?: AbortSignal): Promise<string | undefined> {
  const image = `apache/kafka:${version}`
  if (process.platform !== 'linux' || !(await succeeds(['info'], signal))) return undefined
  if (await succeeds(['image', 'inspect', image], signal)) return image
  if (await withProgressLine(`pulling ${image}`, () => succeeds(['pull', '--quiet', image], signal))) return image
  sayProgress(`the container engine cannot pull ${image}`)
  return undefined
}

/** Brokers in containers that share this machine's network, the cluster's folder, and the user. */
export function containerRuntime(image: string, directory: string): BrokerRuntime {
  const run = (program: string, args: readonly string[], name = containerName()): readonly string[] => {
    const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
    const shared = ['--network', 'host', '--user', user, '--volume', `${directory}:${directory}`]
    return ['run', '--rm', '--name', name, ...shared, '--entrypoint', program, image, ...args]
  }
  return {
    provider: 'container',
    storageTool: async (args, signal) => {
      await runCommand('docker', run('java', storageToolArguments(CLASS_PATH, args)), { signal })
    },
    startBroker: (launch) => {
      const name = containerName()
      return startContainer(name, run('java', brokerArguments(CLASS_PATH, launch), name), launch)
    },
  }
}

/** The client in the foreground lives as long as the container, but passes on neither `SIGKILL` nor `SIGSTOP`. */
async function startContainer(
  name: string,
  args: readonly string[],
  { logFile }: BrokerLaunch,
): Promise<BrokerProcess> {
  const release = guardWithParent({ removeContainer: name })
  const client = await OwnedProcess.start({ command: 'docker', args, logFile })
  void client.exited().then(release)
  return {
    pid: -1,
    get running() {
      return client.running
    },
    kill: async (signal) => {
      if (!client.running) return
      await runCommand('docker', ['kill', '--signal', signal, name])
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await client.exited()
    },
  }
}

function containerName(): string {
  return `kbackup-kafka-${randomBytes(6).toString('hex')}`
}

async function succeeds(args: readonly string[], signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await runCommand('docker', args, { signal })
    return true
  } catch {
    signal?.throwIfAborted()
    return false
  }
}

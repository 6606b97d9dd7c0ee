import { randomBytes } from 'node:crypto'
import { containerImage, sharingArguments } from '../containers/container-image.ts'
import { SHORT_LIVED } from '../java/java-flags.ts'
import { OwnedProcess } from '../process/owned-process.ts'
import { guardWithParent } from '../process/parent-guard.ts'
import { runCommand } from '../process/run-command.ts'
import {
  type BrokerLaunch,
  type BrokerProcess,
  type BrokerRuntime,
  brokerArguments,
  storageToolArguments,
} from './broker-runtime.ts'

const CLASS_PATH = '/opt/kafka/libs/*'

/** The image of a version of Kafka, where a container engine has it or can pull it. */
export function kafkaImage(version: string, signal?: AbortSignal): Promise<string | undefined> {
  return containerImage(`apache/kafka:${version}`, signal)
}

/** Brokers in containers that share this machine's network, the cluster's folder, and the user; Java gets the flags. */
export function containerRuntime(image: string, directory: string, flags: readonly string[]): BrokerRuntime {
  const run = (program: string, args: readonly string[], name = containerName()): readonly string[] => {
    return ['run', '--rm', '--name', name, ...sharingArguments(directory), '--entrypoint', program, image, ...args]
  }
  return {
    provider: 'container',
    storageTool: async (args, signal) => {
      await runCommand('docker', run('java', [...SHORT_LIVED, ...storageToolArguments(CLASS_PATH, args)]), { signal })
    },
    startBroker: (launch) => {
      const name = containerName()
      return startContainer(name, run('java', [...flags, ...brokerArguments(CLASS_PATH, launch)], name), launch)
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

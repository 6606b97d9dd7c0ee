import { join } from 'node:path'
import { SHORT_LIVED } from '../java/java-flags.ts'
import { OwnedProcess } from '../process/owned-process.ts'
import { runCommand } from '../process/run-command.ts'
import { type BrokerRuntime, brokerArguments, storageToolArguments } from './broker-runtime.ts'

/** Brokers as Java processes of this machine, which get these flags. */
export function javaRuntime(libs: string, flags: readonly string[]): BrokerRuntime {
  const classPath = join(libs, '*')
  return {
    provider: 'java',
    storageTool: async (args, signal) => {
      await runCommand('java', [...SHORT_LIVED, ...storageToolArguments(classPath, args)], { signal })
    },
    startBroker: (launch) =>
      OwnedProcess.start({
        command: 'java',
        args: [...flags, ...brokerArguments(classPath, launch)],
        logFile: launch.logFile,
      }),
  }
}

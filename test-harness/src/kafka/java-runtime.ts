import { join } from 'node:path'
import { OwnedProcess } from '../process/owned-process.ts'
import { runCommand } from '../process/run-command.ts'
import { type BrokerRuntime, brokerArguments, storageToolArguments } from './broker-runtime.ts'

/** Brokers as Java processes of this machine. */
export function javaRuntime(libs: string): BrokerRuntime {
  const classPath = join(libs, '*')
  return {
    provider: 'java',
    storageTool: async (args, signal) => {
      await runCommand('java', storageToolArguments(classPath, args), { signal })
    },
    startBroker: (launch) =>
      OwnedProcess.start({ command: 'java', args: brokerArguments(classPath, launch), logFile: launch.logFile }),
  }
}

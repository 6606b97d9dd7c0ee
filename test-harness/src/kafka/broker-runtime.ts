/** A broker's process, wherever it runs. */
export interface BrokerProcess {
  /** −1 where this machine has no process of it. */
  readonly pid: number
  readonly running: boolean
  /** Sends a signal, and waits for the end of the process unless the signal merely stops or continues it. */
  kill(signal: NodeJS.Signals): Promise<void>
}

/** How a broker is started. */
export interface BrokerLaunch {
  readonly heapMiB: number
  readonly propertiesFile: string
  readonly logFile: string
}

/** Where Java and the jars of Kafka are: on this machine or in an image. Paths and ports are the same in both. */
export interface BrokerRuntime {
  readonly provider: 'container' | 'java'
  /** Runs `kafka.tools.StorageTool` to its end. */
  storageTool(args: readonly string[], signal?: AbortSignal): Promise<void>
  startBroker(launch: BrokerLaunch): Promise<BrokerProcess>
}

/** What Java runs to be a broker. */
export function brokerArguments(classPath: string, { heapMiB, propertiesFile }: BrokerLaunch): readonly string[] {
  return [`-Xmx${heapMiB}m`, '-cp', classPath, 'kafka.Kafka', propertiesFile]
}

/** What Java runs to format a broker's storage. */
export function storageToolArguments(classPath: string, args: readonly string[]): readonly string[] {
  return ['-cp', classPath, 'kafka.tools.StorageTool', ...args]
}

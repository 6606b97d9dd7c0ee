import { join } from 'node:path'
import { classArchive } from '../kafka/class-archive.ts'
import type { TestKafka } from '../kafka/test-kafka.ts'
import { commandLines } from '../process/command-lines.ts'
import { type CommandOutput, runCommand } from '../process/run-command.ts'
import { compiledPrograms } from './compiled-programs.ts'
import { keptClasses, SHORT_LIVED } from './java-flags.ts'

/** The programs in `test-harness/java`. */
export type JavaProgram = 'RecordDump' | 'CorpusProducer' | 'RawProducer'

/** Command-line tools that come with Kafka. */
export type KafkaTool = keyof typeof TOOL_CLASSES

/** Runs Java against the jars of Kafka: witnesses that share no code with kbackup. */
export interface JavaTools {
  /** Runs one of Kafka's own tools to its end. */
  tool(tool: KafkaTool, args: readonly string[], signal?: AbortSignal): Promise<CommandOutput>
  /** Runs one of the programs in `test-harness/java` to its end. */
  program(program: JavaProgram, args: readonly string[], signal?: AbortSignal): Promise<CommandOutput>
  /** The lines that one of these programs prints, while it runs. */
  programLines(program: JavaProgram, args: readonly string[], signal?: AbortSignal): AsyncGenerator<string>
}

const TOOL_CLASSES = {
  DumpLogSegments: 'kafka.tools.DumpLogSegments',
  TopicCommand: 'org.apache.kafka.tools.TopicCommand',
  GetOffsetShell: 'org.apache.kafka.tools.GetOffsetShell',
  ProducerPerformance: 'org.apache.kafka.tools.ProducerPerformance',
  ConsumerPerformance: 'org.apache.kafka.tools.ConsumerPerformance',
  ConsoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  ConsumerGroupCommand: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  ConfigCommand: 'kafka.admin.ConfigCommand',
  TransactionsCommand: 'org.apache.kafka.tools.TransactionsCommand',
} as const

/** Warnings only; and UTF-8 also where the environment names no locale, as in many a container. */
const SETTINGS = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8']

/**
 * The Java tools that fit a cluster.
 *
 * @throws Error that names what to install, where there are none.
 */
export async function javaTools({ libs, version }: Pick<TestKafka, 'libs' | 'version'>): Promise<JavaTools> {
  if (libs === undefined) throw new Error('the Java tools of Kafka are needed: install Maven and a JDK of 17 or later')
  const classes = await compiledPrograms(libs, version)
  const jars = join(libs, '*')
  const kept = keptClasses(classArchive(libs))
  const toolArguments = (tool: KafkaTool): readonly string[] => {
    return [...SHORT_LIVED, ...kept, ...SETTINGS, '-cp', jars, TOOL_CLASSES[tool]]
  }
  // The jars come first: classes are taken from the file only where the class path begins with that of its making.
  const programArguments = (name: JavaProgram): readonly string[] => {
    return [...SHORT_LIVED, ...kept, ...SETTINGS, '-cp', `${jars}:${classes}`, name]
  }
  return {
    tool: (name, args, signal) => runCommand('java', [...toolArguments(name), ...args], { signal }),
    program: (name, args, signal) => runCommand('java', [...programArguments(name), ...args], { signal }),
    programLines: (name, args, signal) => commandLines('java', [...programArguments(name), ...args], { signal }),
  }
}

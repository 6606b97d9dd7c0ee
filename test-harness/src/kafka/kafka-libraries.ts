import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from '../cache-directory.ts'
import { runCommand } from '../process/run-command.ts'
import { withProgressLine } from '../progress-line.ts'

/**
 * The folder with the jars of a version of Kafka: brokers, clients and command-line tools. Maven fetches them once.
 *
 * @throws Error that names what to install, when there is no Maven or it cannot fetch the version.
 */
export async function kafkaLibraries(version: string, signal?: AbortSignal): Promise<string> {
  const libraries = cacheDirectory('kafka', version)
  if (await hasJars(libraries)) return libraries
  await withProgressLine(`fetching Apache Kafka ${version} with Maven`, () => fetchInto(libraries, version, signal))
  return libraries
}

async function hasJars(directory: string): Promise<boolean> {
  const names = await readdir(directory).catch(() => [])
  return names.some((name) => name.endsWith('.jar'))
}

/** Fetches beside the final place and renames, so that a killed download or a second one at the same time leaves no half. */
async function fetchInto(libraries: string, version: string, signal: AbortSignal | undefined): Promise<void> {
  await mkdir(cacheDirectory('kafka'), { recursive: true })
  const work = await mkdtemp(cacheDirectory('kafka', `.${version}-`))
  try {
    await writeFile(join(work, 'pom.xml'), pom(version))
    await copyDependencies(work, version, signal)
    await rename(join(work, 'libs'), libraries).catch(async (error: unknown) => {
      if (!(await hasJars(libraries))) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function copyDependencies(work: string, version: string, signal: AbortSignal | undefined): Promise<void> {
  const args = ['-q', '-B', `-Dmaven.repo.local=${join(work, 'repository')}`, 'dependency:copy-dependencies']
  try {
    await runCommand('mvn', [...args, `-DoutputDirectory=${join(work, 'libs')}`], { cwd: work, signal })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new Error(
      `Apache Kafka ${version} could not be fetched: install Maven and a JDK of 17 or later (and see that Maven reaches its repository), or start a container engine, or set KBACKUP_TEST_KAFKA to the address of a broker`,
      { cause },
    )
  }
}

function pom(version: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.kbackup</groupId>
  <artifactId>kafka-libraries</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`
}

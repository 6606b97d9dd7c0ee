/** For processes of seconds or minutes, whose lives do not repay the optimising compiler and a concurrent collector. */
export const SHORT_LIVED: readonly string[] = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/** Takes classes from a file, where it fits this Java and these jars; what Java says of it goes to nobody's output. */
export function keptClasses(archive: string | undefined): readonly string[] {
  return archive === undefined ? [] : [`-XX:SharedArchiveFile=${archive}`, '-Xlog:disable', '-Xlog:all=error:stderr']
}

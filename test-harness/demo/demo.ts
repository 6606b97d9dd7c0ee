import type { ArchivePlace } from './archive-place.ts'
import { writeConfigurationFiles } from './configuration-files.ts'
import { playIncident, type Stage } from './incident.ts'
import { recover } from './recovery.ts'
import { resume } from './resumption.ts'
import { showSummary } from './summary.ts'
import { judge } from './verdict.ts'

/** What the in-memory variant says first and last. */
export const IN_MEMORY_NOTE =
  'IN MEMORY, without Kafka. For the real thing install a JDK of 17 or later with Maven, or start a container engine.'

/** Where its files and its archive lie. */
export interface DemoPlaces {
  readonly directory: string
  readonly archive: ArchivePlace
}

/** Plays Friday afternoon. Gives whether everything that must hold does. */
export async function playDemo(stage: Stage, places: DemoPlaces): Promise<boolean> {
  const { platform, screen } = stage
  if (platform.isReal) return play(stage, places)
  screen.line(IN_MEMORY_NOTE)
  try {
    return await play(stage, places)
  } finally {
    screen.line(IN_MEMORY_NOTE)
  }
}

async function play(stage: Stage, { directory, archive }: DemoPlaces): Promise<boolean> {
  const { platform, screen } = stage
  screen.title(
    `kbackup demo: a Friday afternoon in fast motion, on ${platform.description}, with its archive in ${archive.description}`,
  )
  screen.line('The clock on the left is the one of the story. Everything else is as it happens.')
  await writeConfigurationFiles(directory, platform.bootstrapServer, archive.storageLines)
  const incident = await playIncident(stage)
  const steps = await recover(stage, incident)
  const resumption = await resume(stage)
  const verdict = judge(incident, resumption)
  await showSummary(screen, { incident, verdict, steps: [...steps, resumption.step], archive })
  return verdict.checks.every(({ holds }) => holds)
}

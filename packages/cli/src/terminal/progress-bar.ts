import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import { progressAmounts } from './progress-text.ts'
import type { ProgressView } from './progress-view.ts'
import type { TextSink } from './text-sink.ts'

/** What the bar needs of a terminal. */
export type BarStream = NodeJS.WritableStream & TextSink

const FORMAT = '{bar} {percentage} % | {amounts}'

/** A bar at the bottom of a terminal, with rate and time left; lines of the log go above it. */
export function progressBar(stream: BarStream): ProgressView {
  let bars: MultiBar | undefined
  let bar: SingleBar | undefined
  return {
    update: (progress) => {
      bars ??= new MultiBar(
        { stream, format: FORMAT, hideCursor: true, clearOnComplete: true, barsize: 30, gracefulExit: false },
        Presets.shades_classic,
      )
      bar ??= bars.create(100, 0, { amounts: '' })
      bar.update(progress.percent, { amounts: progressAmounts(progress) })
    },
    writeLine: (line) => {
      if (bars === undefined) {
        stream.write(`${line}\n`)
        return
      }
      bars.log(`${line}\n`)
      // It keeps lines until it draws next, and stopping would lose them.
      bars.update()
    },
    stop: () => {
      bars?.update()
      bars?.stop()
      bars = undefined
      bar = undefined
    },
  }
}

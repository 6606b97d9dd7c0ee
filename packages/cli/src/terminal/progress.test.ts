import { PassThrough } from 'node:stream'
import type { RunProgress } from '@kbackup/core'
import { describe, expect, it } from 'vitest'
import { progressBar } from './progress-bar.ts'
import { progressLines } from './progress-lines.ts'
import { progressAmounts } from './progress-text.ts'

function progress(percent: number, elapsedMs: number): RunProgress {
  return {
    percent,
    elapsedMs,
    doneOffsets: percent,
    totalOffsets: 100,
    records: 480_112,
    bytes: 402_000_000,
    bytesPerSecond: 95_100_000,
    recordsPerSecond: 1000,
    secondsLeft: 12,
  }
}

describe('progress in a log', () => {
  it('is a line with rate and time left every five seconds of the run, however often it is updated', () => {
    const lines: string[] = []
    const view = progressLines({ writeLine: () => {}, report: (line) => lines.push(line) })
    for (let elapsedMs = 0; elapsedMs <= 15_000; elapsedMs += 100) view.update(progress(elapsedMs / 150, elapsedMs))
    expect(lines).toHaveLength(3)
    expect(lines.at(-1)).toBe('100 %, 480,112 records, 402.0 MB, 95.1 MB/s, 12s left')
  })
})

describe('progress of a backup', () => {
  it('says that it counts what was read, and how much of that is committed', () => {
    expect(progressAmounts({ ...progress(42, 1000), committedRecords: 470_000 })).toBe(
      '480,112 records read (470,000 committed), 402.0 MB, 95.1 MB/s, 12s left',
    )
  })
})

describe('progress on a terminal', () => {
  function terminal() {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 120 })
    let text = ''
    stream.on('data', (chunk: Buffer) => {
      text += chunk
    })
    return { stream, text: () => text }
  }

  it('is a bar with rate and time left', async () => {
    const { stream, text } = terminal()
    const view = progressBar(stream)
    view.update(progress(42, 1000))
    view.update(progress(43, 1100))
    view.stop()
    expect(text()).toContain('% | 480,112 records, 402.0 MB, 95.1 MB/s, 12s left')
  })

  it('lets lines of the log through, before, during and after it', () => {
    const { stream, text } = terminal()
    const view = progressBar(stream)
    view.writeLine('before')
    view.update(progress(42, 1000))
    view.writeLine('during')
    view.stop()
    view.writeLine('after')
    for (const line of ['before\n', 'during\n', 'after\n']) expect(text()).toContain(line)
  })
})

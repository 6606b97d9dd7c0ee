import type { Environment } from '../../archive/environment.ts'
import { ownSignal } from '../../memory/own-signal.ts'
import type { ActiveStream } from '../stream-run.ts'
import type { CheckpointOptions } from './checkpoint-options.ts'
import { type CheckpointOwner, checkpointText } from './restore-checkpoint.ts'

const DEFAULT_INTERVAL_MS = 60_000

export interface KeptCheckpoint {
  readonly checkpoint: CheckpointOptions | null
  readonly owner: CheckpointOwner
  readonly active: readonly ActiveStream[]
  readonly environment: Environment
  readonly signal: AbortSignal
  /** Is told that the file could not be replaced: the journal goes on without it. */
  readonly onFailure: (file: string, error: unknown) => void
}

/**
 * Keeps the checkpoint file up to date while records are restored: from before the first one, now and then, and at the end,
 * whichever it is. Only where the file cannot be written at the beginning, nothing is restored.
 */
export async function keepingCheckpoint(kept: KeptCheckpoint, restore: () => Promise<void>): Promise<void> {
  if (kept.checkpoint === null) return restore()
  await replace(kept)
  const ended = new AbortController()
  const kepts = keep(kept, ownSignal(kept.signal, ended.signal)).catch(() => {})
  try {
    await restore()
  } finally {
    ended.abort()
    await kepts
    await replaceQuietly(kept)
  }
}

/** Until the signal. */
async function keep(kept: KeptCheckpoint, signal: AbortSignal): Promise<never> {
  const intervalMs = kept.checkpoint?.intervalMs ?? DEFAULT_INTERVAL_MS
  for (;;) {
    await kept.environment.sleep(intervalMs, signal)
    await replaceQuietly(kept)
  }
}

async function replace({ checkpoint, owner, active, environment }: KeptCheckpoint): Promise<void> {
  await checkpoint?.file.replace(checkpointText(owner, active, environment.nowMs()))
}

async function replaceQuietly(kept: KeptCheckpoint): Promise<void> {
  await replace(kept).catch((error: unknown) => kept.onFailure(kept.checkpoint?.file.name ?? '', error))
}

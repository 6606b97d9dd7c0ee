import type { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { copyOf } from './small-archive.ts'

/** One bit of the byte at a position is wrong; or the object ends there; or it is not there at all. */
export interface Damage {
  readonly kind: 'flip' | 'cut' | 'missing'
  readonly key: string
  readonly at: number
}

/** Of these something else says that they must be there; nothing tells that a view, a pin or a restore was deleted. */
const VOUCHED = /\/(archive\.json|commits\/.*|topics\/.*|bundles\/.*)$/

/** Every byte of every object flipped, every object cut at every length, and each that is vouched for taken away. */
export async function everyDamage(store: MemoryBlobStore): Promise<readonly Damage[]> {
  const objects = await Promise.all(store.keys().map(async (key) => ({ key, length: (await store.get(key)).length })))
  return objects.flatMap(({ key, length }) => [
    ...Array.from({ length }, (_, at): Damage => ({ kind: 'flip', key, at })),
    ...Array.from({ length }, (_, at): Damage => ({ kind: 'cut', key, at })),
    ...(VOUCHED.test(key) ? [{ kind: 'missing', key, at: 0 } as const] : []),
  ])
}

/** A copy of the store with the damage done to it. */
export async function damaged(store: MemoryBlobStore, { kind, key, at }: Damage): Promise<MemoryBlobStore> {
  const copy = await copyOf(store)
  const bytes = await copy.get(key)
  await copy.delete(key)
  if (kind === 'missing') return copy
  // Another bit each time, in turn.
  if (kind === 'flip') bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at)
  await copy.put(key, kind === 'flip' ? bytes : bytes.subarray(0, at))
  return copy
}

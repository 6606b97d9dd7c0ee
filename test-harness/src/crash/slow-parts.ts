import { setTimeout as sleepMs } from 'node:timers/promises'
import type { BlobStore } from '@kbackup/core'
import type { RequestObserver } from './observed-requests.ts'
import { storeWithPut } from './store-with-put.ts'

const CHUNK_MS = 25

/** A store to which a stream goes slowly once its first part is full, told as `parts`: a kill then meets an upload in parts. */
export function slowParts(inner: BlobStore, partBytes: number, observe: RequestObserver): BlobStore {
  return storeWithPut(inner, (key, body, options) => {
    return inner.put(key, body instanceof Uint8Array ? body : slowly(body, partBytes, observe), options)
  })
}

async function* slowly(
  body: AsyncIterable<Uint8Array>,
  partBytes: number,
  observe: RequestObserver,
): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0
  let end: (() => void) | undefined
  try {
    for await (const chunk of body) {
      yield chunk
      bytes += chunk.length
      if (bytes <= partBytes) continue
      end ??= observe('parts')
      await sleepMs(CHUNK_MS)
    }
  } finally {
    end?.()
  }
}

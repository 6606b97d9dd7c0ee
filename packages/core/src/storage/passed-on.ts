import type { BlobStore } from './blob-store.ts'

/** What a store that wraps another one passes on as it is. */
export function passedOn(
  inner: BlobStore,
): Pick<BlobStore, 'name' | 'releasesChunks' | 'mayCreate' | 'unfinishedUploads' | 'facts'> {
  return {
    name: inner.name,
    releasesChunks: inner.releasesChunks,
    mayCreate: inner.mayCreate?.bind(inner),
    unfinishedUploads: inner.unfinishedUploads,
    facts: inner.facts?.bind(inner),
  }
}

import type { BlobStore } from './blob-store.ts'

/** What a store that wraps another one passes on as it is. */
export function passedOn(
  inner: BlobStore,
): Pick<BlobStore, 'name' | 'releasesChunks' | 'mayCreate' | 'unfinishedUploads' | 'removeEmptyFolders' | 'facts'> {
  return {
    name: inner.name,
    releasesChunks: inner.releasesChunks,
    mayCreate: inner.mayCreate?.bind(inner),
    unfinishedUploads: inner.unfinishedUploads,
    removeEmptyFolders: inner.removeEmptyFolders?.bind(inner),
    facts: inner.facts?.bind(inner),
  }
}

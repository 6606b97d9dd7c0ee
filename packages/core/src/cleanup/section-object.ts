import { bundlesPrefix, topicsPrefix } from '../archive/archive-keys.ts'

const SEGMENT = /^[^/]+\/partition=\d+\/segment-\d{20}-[0-9a-f]+\.(?:zst|lz4)$/
const BUNDLE = /^[0-9a-f]+\.zst$/

/** The beginnings of the keys of all objects that sections lie in. */
export function sectionPrefixes(backupId: string): readonly string[] {
  return [bundlesPrefix(backupId), topicsPrefix(backupId)]
}

/** Whether a key is one that a writer of archives draws for sections; other objects are other people's. */
export function isSectionObject(key: string, backupId: string): boolean {
  const topics = topicsPrefix(backupId)
  if (key.startsWith(topics)) return SEGMENT.test(key.slice(topics.length))
  const bundles = bundlesPrefix(backupId)
  return key.startsWith(bundles) && BUNDLE.test(key.slice(bundles.length))
}

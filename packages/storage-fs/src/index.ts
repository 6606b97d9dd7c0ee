export { type FsOptions, fs } from './fs.ts'
export { type RemoveStaleTemporaryFilesOptions, removeStaleTemporaryFiles } from './stale-temporary-files.ts'

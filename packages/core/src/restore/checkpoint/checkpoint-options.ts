/** A file that is read whole and replaced whole: nobody who reads it sees half of it. */
export interface CheckpointFile {
  /** For messages: its path. */
  readonly name: string
  /** Its text; `undefined` where there is no such file. */
  read(): Promise<string | undefined>
  /** Replaces it; a crash meanwhile leaves what was there before. */
  replace(text: string): Promise<void>
}

/** Where a restore shows how far it is, beside its journal in the archive. */
export interface CheckpointOptions {
  readonly file: CheckpointFile
  /** How often it is replaced while records are restored, beside beginning and end; a minute where absent. */
  readonly intervalMs?: number | undefined
}

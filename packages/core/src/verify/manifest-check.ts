import type { ArchiveFold } from '../archive/archive-fold.ts'
import { manifestKey } from '../archive/archive-keys.ts'
import { openJson } from '../archive/json-object.ts'
import { writeManifest } from '../archive/manifest.ts'
import type { LaterCommits } from './later-commits.ts'
import type { Verification } from './verification.ts'

/** Holds `manifest.json` to the commits: it must say what they add up to at the commit that it names. */
export class ManifestCheck {
  readonly #verification: Verification
  readonly #key: string
  #bytes: Buffer | undefined
  #sequence: number | undefined

  constructor(verification: Verification) {
    this.#verification = verification
    this.#key = manifestKey(verification.backupId)
  }

  async load(): Promise<void> {
    if (!this.#verification.objects.has(this.#key)) return
    const bytes = await this.#verification.read(this.#key)
    if (bytes === undefined) return
    this.#verification.noteObject()
    const value = await this.#verification.check(this.#key, () => openJson(bytes, this.#key))
    if (value === undefined) return
    this.#bytes = bytes
    this.#sequence = commitSequence(value)
  }

  /** The commits up to the fold's newest. */
  holdTo(fold: ArchiveFold): void {
    if (this.#bytes === undefined || fold.head?.sequence !== this.#sequence) return
    if (!writeManifest(this.#verification.backupId, fold.state).equals(this.#bytes)) {
      this.#inconsistent('is not what the commits up to the one it names add up to')
    }
  }

  /** The manifest may be older than the newest commit that there is, readable or not, and never newer than later ones. */
  finish(newest: number, { digests }: Pick<LaterCommits, 'digests'>): void {
    if (this.#bytes === undefined || this.#sequence === newest) return
    if (this.#sequence !== undefined && digests.has(this.#sequence)) return
    if (this.#sequence === undefined || this.#sequence > newest) {
      this.#inconsistent(`names commit ${this.#sequence}, which is not there`)
    } else {
      const message = `${this.#key} is as of commit ${this.#sequence}; the newest is ${newest}`
      this.#verification.findings.notice('stale', { key: this.#key, message })
    }
  }

  #inconsistent(what: string): void {
    this.#verification.findings.damage('inconsistent', { key: this.#key, message: `${this.#key} ${what}` })
  }
}

function commitSequence(value: unknown): number | undefined {
  const commit: unknown = typeof value === 'object' && value !== null && 'commit' in value ? value.commit : undefined
  if (commit === null) return 0
  const sequence: unknown = typeof commit === 'object' && 'sequence' in commit ? commit.sequence : undefined
  return typeof sequence === 'number' ? sequence : undefined
}

/** What a command that is named takes beside: the archive, as the command was told that names it. */
export const PLACE_AS_HERE = 'with --path and --backup-id, or --config, as here'

/** How a change of groups is taken back; nothing where there was none. */
export function takeBackLines(resetId: string | null): readonly string[] {
  if (resetId === null) return []
  return [`To take it back: kbackup offset-rollback rollback --snapshot-id ${resetId}`, `  ${PLACE_AS_HERE}`]
}

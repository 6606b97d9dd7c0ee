/** How a change of groups is taken back; nothing where there was none. */
export function takeBackLines(resetId: string | null): readonly string[] {
  if (resetId === null) return []
  return [
    `To take it back: kbackup offset-rollback rollback --snapshot-id ${resetId}`,
    '  with --path and --backup-id, or --config, as here',
  ]
}

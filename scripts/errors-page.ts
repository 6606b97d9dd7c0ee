import { ERROR_CODES, WARNING_CODES } from '../packages/core/src/index.ts'

/** `docs/errors.md`, from the tables that the code uses. */
export function errorsPage(): string {
  const errors = Object.entries(ERROR_CODES).map(([code, { exitStatus, retryable, summary }]) => [
    `\`${code}\``,
    String(exitStatus),
    retryable ? 'yes' : '',
    summary,
  ])
  const warnings = Object.entries(WARNING_CODES).map(([code, summary]) => [`\`${code}\``, summary])
  return [
    '# Errors',
    '',
    '<!-- Made from the tables in packages/core/src: UPDATE_DOCS=1 vitest run errors-page writes it anew. -->',
    '',
    'Every error of kbackup is a `KbackupError` with a `code`, a `message` that says what happened and where, a `hint` with what to',
    'do next, and `details` for programs. Codes stay; messages may change, so compare codes only:',
    '',
    '```ts',
    "import { KbackupError } from '@kbackup/core'",
    '',
    'export function isEmptyTargetWanted(error: unknown): boolean {',
    "  return KbackupError.is(error, 'KB_TARGET_NOT_EMPTY')",
    '}',
    '```',
    '',
    'A call that was given an `AbortSignal` rejects with the reason of the signal when that is aborted, whatever the reason is: not with',
    'a `KbackupError`, unless the reason is one. The command line ends with `KB_INTERRUPTED` then.',
    '',
    'The status is the one with which the command line ends. Where _again_ says yes, the same thing may succeed without anybody',
    'changing anything (`retryable`). The dangers that a plan of a restore finds have codes of their own:',
    '[hazards](restore.md#hazards).',
    '',
    ...tableLines([['code', 'status', 'again', 'meaning'], ...errors]),
    '',
    '## Warnings',
    '',
    'A run goes on after a warning, and its result lists it.',
    '',
    ...tableLines([['code', 'meaning'], ...warnings]),
    '',
  ].join('\n')
}

/** A Markdown table whose columns are aligned, as formatters leave it. */
function tableLines([header = [], ...body]: readonly (readonly string[])[]): readonly string[] {
  const widths = header.map((_, column) => Math.max(...[header, ...body].map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)]
}

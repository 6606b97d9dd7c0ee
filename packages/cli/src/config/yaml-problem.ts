import type { ErrorCode, YAMLError } from 'yaml'

const UNREADABLE = 'is not YAML that can be read here; check indentation, colons and quotation marks'

export const ALIAS_PROBLEM = 'a value that begins with * is an alias in YAML; write patterns in quotation marks: "*"'

/** In our words, because the parser quotes the text around the problem, which may be a password. */
const PROBLEMS: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: ALIAS_PROBLEM,
  BAD_COLLECTION_TYPE: UNREADABLE,
  BAD_DQ_ESCAPE: 'a backslash in double quotation marks begins an escape; write two, or use single quotation marks',
  BAD_INDENT: 'the indentation does not fit the lines above, or a bracket above is not closed',
  BAD_SCALAR_START: 'a value cannot begin with this sign; put it in quotation marks',
  BLOCK_AS_IMPLICIT_KEY:
    'a value holds a second colon, or the line below it is indented too far; put the value in quotation marks, or mend the indentation',
  DUPLICATE_KEY: 'this key stands here for the second time; remove one of the two',
  MISSING_CHAR:
    'a bracket, quotation mark or comma is missing; between [ ] and { } a variable needs quotation marks: "${NAME}"',
  MULTIPLE_DOCS: 'a second document begins; a configuration file holds one',
  TAB_AS_INDENT: 'a tab is used for indentation; YAML takes spaces only',
  TAG_RESOLVE_FAILED: 'tags (! and a word) are not used here; put the value in quotation marks',
  UNEXPECTED_TOKEN: UNREADABLE,
}

/** What is wrong with the YAML, without a word of the file. */
export function yamlProblem(error: YAMLError): string {
  return PROBLEMS[error.code] ?? UNREADABLE
}

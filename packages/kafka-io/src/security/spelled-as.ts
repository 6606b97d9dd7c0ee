/** The one of these words that a text means, whatever its case and its signs: `scram_sha512` is `SCRAM-SHA-512`. */
export function spelledAs<Word extends string>(text: string, words: readonly Word[]): Word | undefined {
  return words.find((word) => bare(word) === bare(text))
}

function bare(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}

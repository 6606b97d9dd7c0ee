/** How a secret may stand in a text: as it is, escaped, or encoded. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const escaped = [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), encodeURI(secret)]
  return [...new Set([secret, ...escaped, bytes.toString('hex'), ...base64FormsOf(bytes)])]
}

/**
 * Base64 in both alphabets, wherever in a longer text the secret begins; characters that its neighbours share are left
 * out.
 */
function base64FormsOf(secret: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), secret])
      .toString('base64')
      .replace(/=+$/, '')
    const own = encoded.slice(Math.ceil((shift * 8) / 6), -2)
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

/** Which of these secrets can be found in a text, by name. */
export function secretsIn(text: string, secrets: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret).some((form) => text.includes(form)) ? [name] : [],
  )
}

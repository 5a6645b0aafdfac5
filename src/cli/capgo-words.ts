/** What the library names by its functions, in the words of the command line. */
const commands: readonly (readonly [RegExp, string])[] = [
  [/\bverifyAndDecrypt of otaseal\/device/g, '`otaseal decrypt`'],
  [/\bencryptBundle of otaseal\b/g, '`otaseal encrypt`'],
  [/\bencryptForCapgo\b/g, '`otaseal capgo encrypt`'],
  [/\bverifyAndDecryptCapgo\b/g, '`otaseal capgo check`'],
  [/\bdecryptCapgoV1\b/g, 'decryptCapgoV1 of otaseal/capgo'],
  // Whoever calls says which flag that is.
  [/: which version of @capgo\/capacitor-updater .*$/s, ''],
]

/** A message or advice of the library for people at the command line. */
export function inCommands(text: string): string {
  return commands.reduce((words, [pattern, command]) => words.replace(pattern, command), text)
}

/** What the library advises about a configuration that it can't read, with the flag that takes the key in its place, if there is one. */
export function inFlag(text: string, flag: string | undefined): string {
  return text.replace(/(,? (?:so|or)) pass the public key itself[^]*$/, flag === undefined ? '' : `$1 pass the public key itself as ${flag} FILE`)
}

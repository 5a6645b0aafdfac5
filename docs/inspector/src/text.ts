const SHOWN_CHARACTERS = 400

/** Text that can't hide from its reader or turn its direction: control and format characters become escapes. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** What others wrote, as it may be shown: printable, and cut where it is long. */
export function shown(text: string, most: number = SHOWN_CHARACTERS): string {
  if (text.length <= most) return printable(text)
  return `${printable(text.slice(0, most))} … (${numberText(text.length - most)} more characters)`
}

export function numberText(value: number): string {
  return value.toLocaleString('en')
}

/** A number of bytes for people. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  if (step === 0) return `${numberText(bytes)} bytes`
  return `${(bytes / 1024 ** step).toFixed(1)} ${units[step] ?? ''} (${numberText(bytes)} bytes)`
}

/** Seconds since 1970 as UTC. */
export function utcText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** The same in the time zone of whoever reads it. */
export function localText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
}

export function countText(count: number, one: string): string {
  return `${numberText(count)} ${one}${count === 1 ? '' : 's'}`
}

/** Milliseconds for people. */
export function durationText(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`
  return milliseconds >= 100 ? `${milliseconds.toFixed(0)} ms` : `${milliseconds.toFixed(1)} ms`
}

/** Bytes in a time, as MB (millions of bytes) for each second. */
export function speedText(bytes: number, milliseconds: number): string {
  return `${(bytes / 1000 / Math.max(milliseconds, 0.1)).toFixed(0)} MB/s`
}

import { badKey } from '../keys/bad-key.js'
import { memberOf, tokensOf } from './config-tokens.js'
import { configAt, KEY, PATH, updaterPlace } from './config-updater.js'
import type { EnvelopeError } from '../errors.js'
import type { CapgoConfig } from './config.js'
import type { Member, Tokens } from './config-tokens.js'
import type { UpdaterPlace } from './config-updater.js'

const refuse = (what: string): EnvelopeError => badKey(`${what}: mend capacitor.config.json, or pass the public key itself`)

/** @throws EnvelopeError `bad-key` */
export function readJsonConfig(text: string): CapgoConfig {
  const tokens = jsonTokens(text)
  return configAt(tokens, updaterPlace(tokens, 0), (member) => JSON.parse(text.slice(...spanOf(tokens, member))))
}

/**
 * The text with this value as the public key; no other character is changed.
 *
 * @throws EnvelopeError `bad-key`
 */
export function writeJsonConfig(text: string, publicKey: string): string {
  const tokens = jsonTokens(text)
  const place = updaterPlace(tokens, 0)
  const member = place.missing.length === 0 ? memberOf(tokens, place.open, KEY) : undefined
  if (member !== undefined) return spliced(text, spanOf(tokens, member), JSON.stringify(publicKey))
  return inserted(text, tokens, place, publicKey)
}

function jsonTokens(text: string): Tokens {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    // The parser's own message quotes the text.
    throw refuse('the configuration is not JSON')
  }
  const tokens = tokensOf(text, refuse)
  if (tokens.list[0]?.source !== '{') throw refuse('the configuration is JSON but no object')
  return tokens
}

function spanOf({ list }: Tokens, { from, to }: Member): [start: number, end: number] {
  return [list[from]?.start as number, list[to - 1]?.end as number]
}

function spliced(text: string, [start, end]: readonly [number, number], replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end)
}

/** With the missing members at the end of the innermost object, laid out as the text is. */
function inserted(text: string, { list, closing }: Tokens, { open, missing }: UpdaterPlace, publicKey: string): string {
  const [name, ...below] = [...missing, KEY]
  const value = below.reduceRight<unknown>((inner, key) => ({ [key]: inner }), publicKey)
  const last = (closing.get(open) as number) - 1
  const [start, end] = [list[last]?.end as number, list[last + 1]?.start as number]
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const unit = indentBefore(text, list[1]?.start as number) ?? (list.length === 2 ? '  ' : undefined)
  const outer = unit?.repeat(PATH.length - missing.length) ?? ''
  const own = last === open ? unit && outer + unit : indentBefore(text, list[open + 1]?.start as number)
  const comma = last === open ? '' : ','
  const entry = `${JSON.stringify(name)}:${own === undefined ? '' : ' '}${JSON.stringify(value, null, own === undefined ? '' : unit).replaceAll('\n', newline + (own ?? ''))}`
  if (own === undefined) return spliced(text, [start, start], comma + entry)
  if (last > open) return spliced(text, [start, start], comma + newline + own + entry)
  return spliced(text, [start, end], newline + own + entry + newline + outer)
}

/** The white space between the last newline and this place; `undefined` where other text is there. */
function indentBefore(text: string, place: number): string | undefined {
  const space = /\n([ \t]*)$/.exec(text.slice(Math.max(0, place - 64), place))
  return space?.[1]
}

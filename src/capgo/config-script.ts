import { badKey } from '../keys/bad-key.js'
import { after, memberOf, nameOf, textOf, tokensOf } from './config-tokens.js'
import { configAt, updaterPlace } from './config-updater.js'
import type { EnvelopeError } from '../errors.js'
import type { CapgoConfig } from './config.js'
import type { Member, Token, Tokens } from './config-tokens.js'

/** What may follow an object or a name that is exported, besides a semicolon and a type: the first word of another statement. */
const STATEMENT = /^(export|const|let|var|function|class|import|interface|type|module|async|enum)$/
/** Words by which a statement may be left out or done twice. */
const CONTROL = /^(if|else|for|while|do|switch|with|return|throw|break|continue)$/

/** The refusal of what can't be understood for certain. */
function unreadable(what: string): EnvelopeError {
  return badKey(
    `${what}: the configuration is read without running it, so pass the public key itself, for example the text of .capgo_key_v2.pub`,
  )
}

/**
 * What a configuration in JavaScript or TypeScript says, read without running it: the object must be written out in
 * `export default`, `module.exports =`, or the one variable that is exported so and named nowhere else.
 *
 * @throws EnvelopeError `bad-key` for everything that is not as simple as that
 */
export function readScriptConfig(text: string): CapgoConfig {
  const tokens = tokensOf(text, unreadable)
  if (tokens.list.some((token) => nameOf(token) === '__proto__')) throw unreadable('it sets a prototype')
  const root = rootOf(tokens)
  // Capacitor takes the member `default` for the configuration, and waits for one that has `then`.
  if (['default', 'then'].some((name) => memberOf(tokens, root, name) !== undefined)) throw unreadable('it holds another object that may be the configuration')
  return configAt(tokens, updaterPlace(tokens, root), (member) => literalOf(tokens, member))
}

/** The bracket of the exported object. */
function rootOf(tokens: Tokens): number {
  const { list } = tokens
  const top = topOf(tokens)
  const isAt = (place: number, pattern: string): boolean => pattern.split(' ').every((word, i) => list[top[place + i] ?? -1]?.source === word)
  const places = [...top.keys()]
  const modules = places.filter((place) => isAt(place, 'export default'))
  const commons = places.filter((place) => isAt(place, 'module . exports =') && !isAt(place - 1, '.'))
  const names = countOf(list, 'module') + countOf(list, 'exports')
  if (modules.length + commons.length !== 1 || names !== 2 * commons.length) throw unreadable('it has not exactly one `export default` or `module.exports =`')
  const isCertain = !top.some((index) => CONTROL.test(list[index]?.source ?? ''))
  if (commons.length === 1 && !isCertain) throw unreadable('what it exports depends on a condition')
  const place = modules[0] === undefined ? (commons[0] as number) + 4 : modules[0] + 2
  const exported = list[top[place] ?? -1]
  checkEnd(list, top, place)
  if (exported?.source === '{') return top[place] as number
  if (exported?.kind !== 'word') throw unreadable('what it exports is not an object that is written out')
  return declaredRoot(list, top.slice(0, place), exported.source, isCertain)
}

/** The bracket of the object that the exported variable holds. */
function declaredRoot(list: readonly Token[], top: readonly number[], name: string, isCertain: boolean): number {
  const sourceAt = (place: number): string => list[top[place] ?? -1]?.source ?? ''
  const place = top.findIndex((_, i) => /^(const|let|var)$/.test(sourceAt(i)) && sourceAt(i + 1) === name) + 2
  if (place < 2 || countOf(list, name) !== 2) throw unreadable(`${name} is not a variable that is only set and exported`)
  let equals = place
  if (sourceAt(place) === ':') for (equals += 2; sourceAt(equals) === '.';) equals += 2
  const isObject = sourceAt(equals) === '=' && sourceAt(equals + 1) === '{'
  if (!isObject || (sourceAt(place - 2) === 'var' && !isCertain)) throw unreadable(`${name} is not an object that is written out`)
  checkEnd(list, top, equals + 1)
  return top[equals + 1] as number
}

/** Refuses that what stands at this place goes on, for example in a call. */
function checkEnd(list: readonly Token[], top: readonly number[], place: number): void {
  const tokenAt = (i: number): Token | undefined => list[top[i] ?? -1]
  let end = place + 1
  while (/^(as|satisfies)$/.test(tokenAt(end)?.source ?? '') && tokenAt(end + 1)?.kind === 'word') end += 2
  const next = tokenAt(end)?.source ?? ';'
  if (next !== ';' && !STATEMENT.test(next)) throw unreadable('what it exports is changed or chosen by code')
}

/** The indices of the tokens outside all brackets, and of the opening brackets themselves. */
function topOf(tokens: Tokens): readonly number[] {
  const top: number[] = []
  for (let i = 0; i < tokens.list.length; i = after(i, tokens)) top.push(i)
  return top
}

function countOf(list: readonly Token[], word: string): number {
  return list.filter(({ source }) => source === word).length
}

/** What strings joined by `+` say. */
function literalOf({ list }: Tokens, { name, from, to }: Member): string {
  let value = ''
  for (let i = from; i < to; i += 2) {
    const text = textOf(list[i])
    if (text === undefined || (list[i + 1]?.source === '+') !== i + 1 < to) throw unreadable(`${name} is not a string that is written out`)
    value += text
  }
  if ((to - from) % 2 === 0) throw unreadable(`${name} is not a string that is written out`)
  return value
}

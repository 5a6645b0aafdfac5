import type { EnvelopeError } from '../errors.js'

/** A token of JavaScript; white space and comments are none. */
export interface Token {
  /** `text` is a string, or a template without substitutions. */
  readonly kind: 'text' | 'word' | 'mark'
  readonly source: string
  /** Where it begins and ends in the text, in UTF-16 units. */
  readonly start: number
  readonly end: number
}

/** The refusal of a configuration, from what is wrong with it. */
export type Refuse = (what: string) => EnvelopeError

/** All tokens of a text, and of each opening bracket's index that of the closing one. */
export interface Tokens {
  readonly list: readonly Token[]
  readonly closing: ReadonlyMap<number, number>
  readonly refuse: Refuse
}

/** A member `name: value` of an object; its value is the tokens from index `from` to before `to`. */
export interface Member {
  readonly name: string
  readonly from: number
  readonly to: number
}

// Whether a slash divides or begins a regular expression takes a parser to tell, so there is no token for it; nor for comments of HTML.
const SPACE = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)+/y
const STRING = /"(?:[^"\\\n\r]|\\(?:\r\n|[^]))*"|'(?:[^'\\\n\r]|\\(?:\r\n|[^]))*'/y
const TEMPLATE = /[`}](?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y
const WORD = /[\w$]+/y
const MARK = /[{}[\](),:;.=+*%&|^!~?>]|<(?!!--)|-(?!->)/y
const ESCAPE = /\\(?:u\{0{0,9}([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\n\r\u2028\u2029])|(0)(?!\d)|([^\dux]))|\\|\r\n?/g

const PARTNERS: ReadonlyMap<string, string> = new Map([['{', '}'], ['[', ']'], ['(', ')'], ['${', '}']])
const ESCAPED: ReadonlyMap<string, string> = new Map([['n', '\n'], ['r', '\r'], ['t', '\t'], ['b', '\b'], ['f', '\f'], ['v', '\v']])

/**
 * The tokens of JavaScript, TypeScript or JSON; linear in the text.
 *
 * @throws EnvelopeError `bad-key` for what takes more than this to read
 */
export function tokensOf(text: string, refuse: Refuse): Tokens {
  const list: Token[] = []
  const closing = new Map<number, number>()
  const open: { readonly index: number; readonly partner: string; readonly isTemplate: boolean }[] = []
  let start = endOf(SPACE, text, 0) ?? 0
  while (start < text.length) {
    const innermost = open[open.length - 1]
    const token = tokenAt(text, start, innermost?.isTemplate === true)
    if (token === undefined) throw refuse('it has a slash outside strings and comments, an unusual character, or a string that does not end')
    const { source } = token
    if (innermost !== undefined && source.startsWith(innermost.partner)) closing.set((open.pop() as typeof innermost).index, list.length)
    else if (/^[}\])]/.test(source)) throw refuse('its brackets don\'t match')
    const partner = PARTNERS.get(source.endsWith('${') ? '${' : source)
    if (token.kind === 'mark' && partner !== undefined) open.push({ index: list.length, partner, isTemplate: source.endsWith('${') })
    list.push(token)
    start = endOf(SPACE, text, token.end) ?? token.end
  }
  if (open.length > 0) throw refuse('it has a bracket that is not closed')
  return { list, closing, refuse }
}

function tokenAt(text: string, start: number, isInTemplate: boolean): Token | undefined {
  const first = text[start]
  const isTemplate = first === '`' || (first === '}' && isInTemplate)
  for (const [kind, pattern] of isTemplate ? [['text', TEMPLATE] as const] : [['text', STRING] as const, ['word', WORD] as const, ['mark', MARK] as const]) {
    const end = endOf(pattern, text, start)
    if (end === undefined) continue
    const source = text.slice(start, end)
    return { kind: isTemplate && !/^`[^]*`$/.test(source) ? 'mark' : kind, source, start, end }
  }
  return undefined
}

function endOf(pattern: RegExp, text: string, start: number): number | undefined {
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : undefined
}

/** What a string or a template without substitutions means; `undefined` for another token, and for escapes that don't hold. */
export function textOf(token: Token | undefined): string | undefined {
  if (token?.kind !== 'text') return undefined
  const broken: string[] = []
  const text = token.source.slice(1, -1).replace(ESCAPE, (escape: string, ...groups: (string | undefined)[]) => {
    const [long, short, byte, newline, zero, other] = groups
    const code = Number.parseInt(long ?? short ?? byte ?? '', 16)
    if (!escape.startsWith('\\')) return '\n'
    if (newline !== undefined) return ''
    if (zero !== undefined) return '\0'
    if (other !== undefined) return ESCAPED.get(other) ?? other
    if (code <= 0x10ffff) return String.fromCodePoint(code)
    broken.push(escape)
    return ''
  })
  return broken.length === 0 ? text : undefined
}

/** The index after a token, or after the bracket or template that begins with it. */
export function after(index: number, { closing }: Tokens): number {
  let last = index
  for (let next = closing.get(last); next !== undefined; next = closing.get(last)) last = next
  return last + 1
}

/**
 * The one member of this name in the object whose bracket is at index `open`.
 *
 * @throws EnvelopeError `bad-key` where there are two, or some member has not the form `name: value`
 */
export function memberOf(tokens: Tokens, open: number, name: string): Member | undefined {
  const [member, ...others] = membersOf(tokens, open).filter((found) => found.name === name)
  if (others.length > 0) throw tokens.refuse(`there are two members ${name} in one object`)
  return member
}

/**
 * The bracket of the object that a member's value is.
 *
 * @throws EnvelopeError `bad-key` where it is something else
 */
export function objectOf({ list, closing, refuse }: Tokens, { name, from, to }: Member): number {
  if (list[from]?.source === '{' && closing.get(from) === to - 1) return from
  throw refuse(`${name} is not an object in braces`)
}

function membersOf(tokens: Tokens, open: number): readonly Member[] {
  const { list, closing, refuse } = tokens
  const members: Member[] = []
  const end = closing.get(open) as number
  for (let from = open + 1; from < end; from++) {
    let to = from
    while (to < end && list[to]?.source !== ',') to = after(to, tokens)
    const name = nameOf(list[from])
    const isShort = to === from + 1 && list[from]?.kind === 'word'
    if (name === undefined || (list[from + 1]?.source !== ':' && !isShort)) {
      throw refuse('an object on the way to the key has a member that is computed, spread or a method')
    }
    members.push({ name, from: isShort ? from : from + 2, to })
    from = to
  }
  return members
}

/** The name that a token is as a member; `undefined` where it can't be one. */
export function nameOf(token: Token | undefined): string | undefined {
  return token?.kind === 'word' ? token.source : textOf(token)
}

// Leaves alone the words that only people read: the messages of errors, and the names of places in them.
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin'

/** Function -> the first of its arguments that is for people alone. */
const FOR_PEOPLE = new Map(Object.entries({
  EnvelopeError: 1, TypeError: 0, RangeError: 0, malformed: 0, badKey: 0, badDer: 0,
  asBytes: 1, asObject: 1, readObject: 1, parseExactJson: 1, parseLaidOutJson: 1, base64urlBytes: 1, jsonText: 2, utf8Bytes: 1, signaturesOf: 3,
  take: 2, takeUint: 2, takeRange: 2, takeExactly: 2, countedSigners: 2,
}))
const WITHIN = new Set(['ConditionalExpression', 'BinaryExpression', 'LogicalExpression', 'TemplateLiteral'])

/** Texts of as many words are sentences wherever they stand. */
const SENTENCE = /(\S+ ){4}\S/

function shouldIgnore(path) {
  if (!path.isStringLiteral() && !path.isTemplateLiteral()) return undefined
  const text = path.isStringLiteral() ? path.node.value : path.node.quasis.map(({ value }) => value.cooked).join('x')
  return SENTENCE.test(text) || isArgumentForPeople(path) ? 'words for people' : undefined
}

function isArgumentForPeople(path) {
  let here = path
  while (WITHIN.has(here.parent?.type)) here = here.parentPath
  const { callee, arguments: given } = here.parent ?? {}
  const first = FOR_PEOPLE.get(callee?.property?.name ?? callee?.name)
  return first !== undefined && given.indexOf(here.node) >= first
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'messages', { shouldIgnore })]

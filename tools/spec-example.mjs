// Writes the worked example into docs/spec.md (`--write`), or holds the page against it.
import { writeFileSync } from 'node:fs'
import { example, sha256, xor } from './spec-values.mjs'
import { report, textOf } from './util.mjs'

const PAGE = 'docs/spec.md'
const MARKS = ['<!-- made by tools/spec-example.mjs -->\n', '<!-- made until here -->']
const WIDTH = 112

const lines = (text) => text.match(new RegExp(`.{1,${WIDTH}}`, 'g')).join('\n')
const block = (text) => `\`\`\`text\n${lines(text)}\n\`\`\`\n`
const table = (head, rows) => [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows.map((row) => `| ${row.join(' | ')} |`), ''].join('\n')
const code = (bytes) => `\`${Buffer.from(bytes).toString('hex')}\``

function givenTable(e) {
  return table(['given', 'value'], [
    ['private key (RFC 8032 section 7.1, test 1)', code(e.seed)],
    ['session key', code(e.sessionKey)], ['salt', code(e.salt)],
    ['content key of the slot', code(e.contentKey)], ['IV of the slot', code(e.iv)],
    ['bundle: `<h1>Hello</h1>`, line feed', code(e.bundle)],
  ])
}

function madeTable(e) {
  return table(['made', 'of', 'value'], [
    ['public key `x`', 'private key', `\`${e.x}\``], ['SPKI', 'R21', code(e.spki)], ['`kid`', 'R20', `\`${e.kid}\``],
    ['wrapping key', 'R34', code(e.wrappingKey)], ['HKDF output, 76 bytes', 'R29, R30', code(e.output)],
    ['encrypted chunk 0', 'R31', code(e.chunk)], ['index', 'section 3.1', code(e.index)], ['index digest', 'R40', code(e.indexDigest)],
    ['SHA-256 of the bundle', '', code(e.digest)], ['pad', 'R32', code(e.pad)], ['the two XORed', 'R32', code(xor(e.digest, e.pad))],
    ['signature', 'R23', code(e.signature)], ['encrypted key of the slot', 'R33', code(e.wrapped)],
    ['ciphertext of the slot', 'R33', code(e.ciphertext)], ['tag of the slot', 'R33', code(e.tag)],
  ])
}

function fileTable(e) {
  const parts = [
    ['magic', e.file.subarray(0, 8)], ['head size', e.size], ['head', Buffer.from(e.head)],
    ['index', e.index], ['salt', e.salt], ['commitment', e.commitment], ['chunk 0, ciphertext', e.chunk.subarray(0, -16)], ['chunk 0, tag', e.chunk.subarray(-16)],
  ]
  let offset = 0
  return table(['offset', 'size', 'field', 'bytes'], parts.map(([name, bytes]) => {
    const row = [offset, bytes.length, name, name === 'head' ? 'the text above' : code(bytes)]
    offset += bytes.length
    return row
  }))
}

function page() {
  const e = example()
  return [
    givenTable(e), madeTable(e),
    'The signed header:\n', block(e.header),
    'The `protected` of its signature, and the protected header of the slot:\n', `\`\`\`text\n${e.protectedText}\n${e.slotText}\n\`\`\`\n`,
    `The signing input, ${e.signingInput.length} bytes, SHA-256 ${code(sha256(e.signingInput))}:\n`, block(e.signingInput),
    `The head, ${e.head.length} bytes:\n`, block(e.head),
    `The file, ${e.file.length} bytes, SHA-256 ${code(sha256(e.file))}:\n`, fileTable(e),
  ].join('\n')
}

function main(mode) {
  const text = textOf(PAGE)
  const [before = '', rest = ''] = text.split(MARKS[0])
  const [old, after] = rest.split(MARKS[1])
  if (after === undefined) return report('spec example', [`${PAGE}: lacks the marks of the worked example`])
  if (mode === '--write') writeFileSync(PAGE, [before, MARKS[0], '\n', page(), '\n', MARKS[1], after].join(''))
  else report('spec example', old === `\n${page()}\n` ? [] : [`${PAGE}: run node tools/spec-example.mjs --write`], `${example().file.length} bytes`)
}

main(process.argv[2])

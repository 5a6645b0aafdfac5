/*
 * A program behind the calling convention whose input says what a right one answers: {"accept": SIZE} or {"refuse": CODE, "release": SIZE}.
 * `node toy-reader.mjs FAULT [N]`: what it does wrong, from its Nth request on (1).
 */
import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [fault = 'none', from = '1'] = process.argv.slice(2)

function plaintext(size) {
  let state = 1
  return Buffer.from(Array.from({ length: size }, () => (state = (Math.imul(1664525, state) + 1013904223) >>> 0) >>> 24))
}

function answerTo({ input }) {
  const { accept, refuse, release = 0 } = JSON.parse(Buffer.from(input, 'base64url'))
  return accept === undefined ? { code: refuse, output: plaintext(release) } : { output: plaintext(accept) }
}

const flipped = (bytes) => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)))
const line = ({ output, ...rest }) => `${JSON.stringify({ ...rest, output: output?.toString('base64url') })}\n`
const print = (text) => void writeSync(1, text)

/** What an answer becomes. */
const ANSWERS = {
  'accepts everything': ({ output }) => ({ output }),
  'refuses everything': () => ({ code: 'bad-chunk' }),
  'another code': ({ code, output }) => ({ code: code && 'not-a-code', output }),
  'other bytes': ({ code, output }) => ({ code, output: code ? output : flipped(output) }),
  'a byte less': ({ code, output }) => ({ code, output: code ? output : output.subarray(1) }),
  'releases one byte more': ({ code, output }) => ({ code, output: code ? plaintext(output.length + 1) : output }),
  'releases another byte': ({ code, output }) => ({ code, output: code ? flipped(output) : output }),
  'releases less': ({ code, output }) => (code ? { code } : { output }),
}

/** What is printed in its place, or done. */
const DEEDS = {
  'dies': () => process.exit(3),
  'ends with 0': () => process.exit(0),
  'answers, then ends': (text) => (print(text), process.exit(0)),
  'kills itself': () => process.kill(process.pid, 'SIGKILL'),
  'hangs': () => setInterval(() => undefined, 1000),
  'garbage': () => print('Exception in thread "main"\n'),
  'broken UTF-8': () => print(Buffer.from([0x22, 0xff, 0x22, 0x0a])),
  'an empty line': () => print('\n'),
  'a list': () => print('[]\n'),
  'a string': () => print('"bad-chunk"\n'),
  'null': () => print('null\n'),
  'nothing in it': () => print('{}\n'),
  'a code that is none': () => print('{"code":7}\n'),
  'an empty code': () => print('{"code":""}\n'),
  'a member too many': () => print('{"output":"","error":"bad-chunk"}\n'),
  'a padded output': () => print('{"output":"AA=="}\n'),
  'an output in base64': () => print('{"output":"+/+/"}\n'),
  'trailing bits': () => print('{"output":"AB"}\n'),
  'an output that is no text': () => print('{"output":7}\n'),
  'a byte order mark': (text) => print(`\ufeff${text}`),
  'CR LF': (text) => print(text.replace('\n', '\r\n')),
  'two lines': (text) => print(text + text),
  'a second line later': (text) => (print(text), setTimeout(() => print(text), 50)),
  'no line feed': (text) => print(text.trim()),
  'closes stdout': () => (closeSync(1), setInterval(() => undefined, 1000)),
  'a huge line': () => {
    for (let i = 0; i < 20; i++) print('x'.repeat(2 ** 20))
  },
  'leaves a child': (text) => {
    const child = spawn('sleep', ['600'], { stdio: ['ignore', 'inherit', 'ignore'] })
    child.unref()
    writeFileSync('pids.json', JSON.stringify([child.pid, process.pid]))
    print(text)
  },
  'hangs with a child': () => {
    const { pid } = spawn('sleep', ['600'], { stdio: 'ignore' })
    writeFileSync('pids.json', JSON.stringify([pid, process.pid]))
    setInterval(() => undefined, 1000)
  },
  'records': (text, request) => {
    appendFileSync('requests.jsonl', `${request}\n`)
    writeFileSync('environment.json', JSON.stringify(process.env))
    console.error('said on stderr')
    print(text)
  },
  'slow': (text) => setTimeout(() => print(text), 700),
}

/** Prints a long answer before it has read the request to its end. */
function answerBeforeReading() {
  const piece = Buffer.alloc(65_536)
  for (;;) {
    if (readSync(0, piece) === 0) return
    print(`{"output":"${'A'.repeat(4_000_000)}"}`)
    let length
    do length = readSync(0, piece)
    while (length > 0 && piece[length - 1] !== 0x0a)
    print('\n')
  }
}

function serve() {
  if (fault === 'a banner') print('reader 1.0\n')
  let count = 0
  let before = ''
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (request) => {
    const answer = answerTo(JSON.parse(request))
    count += 1
    if (count < Number(from)) return print(line(answer))
    if (fault === 'out of order') {
      if (before === '') before = line(answer)
      else [before] = ['', print(line(answer) + before)]
    } else if (fault === 'one behind') {
      print(before || line(answer))
      before = line(answer)
    } else if (fault in DEEDS) DEEDS[fault](line(answer), request)
    else print(line((ANSWERS[fault] ?? ((same) => same))(answer)))
  })
  lines.on('close', () => {
    if (fault === 'more at the end') print('{"output":""}\n')
    if (fault === 'never ends') setInterval(() => undefined, 1000)
    if (fault === 'ends with 5') process.exitCode = 5
  })
}

if (fault === 'answers before it has read') answerBeforeReading()
else serve()

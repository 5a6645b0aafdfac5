import { gzipSync } from 'node:zlib'
import { CORS, PAYLOAD, answering, jsonAnswer, offering, rangeAnswer } from './offers.js'
import type { Answer, Attack } from './front.js'
import type { Stage } from './offers.js'

/** What a server can do besides, of which the format says nothing: the code is the page's own, or the format's. */
export interface NetworkAttack {
  readonly what: string
  readonly code: string
  readonly attack: (stage: Stage) => Attack
}

const isUpdate = (path: string): boolean => path === '/v1/update'
const updateAnswer = (given: Answer | Attack): Attack => answering(isUpdate, given)
const html: Answer = { status: 200, headers: { ...CORS, 'content-type': 'text/html' }, body: Buffer.from('<h1>Welcome to our Wi-Fi</h1>') }
const redirect: Answer = { status: 302, headers: { ...CORS, location: '/v1/elsewhere' }, body: Buffer.alloc(0) }
/** Of a payload, what comes for the chunks; the index is honest. */
const chunksBy = (given: (honest: Answer, stage: Stage) => Answer | Promise<undefined>) => (stage: Stage): Attack =>
  offering(stage.fresh, async (answer) => (answer.headers['content-range']?.startsWith('bytes 0-') === true ? answer : given(answer, stage)))
const bombOf = (bytes: number): Buffer => gzipSync(Buffer.alloc(bytes, 0x20))
const offer = (stage: Stage, more: object = {}): object => ({ head: JSON.parse(stage.fresh.head) as unknown, payload: PAYLOAD, ...more })

/** Sends the same bytes for as long as somebody listens. */
const endless = (headers: Answer['headers'], status: number): Attack => async ({ response }) => {
  response.writeHead(status, headers)
  const more = (): void => {
    if (!response.destroyed) response.write(Buffer.alloc(65_536, 0x20), () => setImmediate(more))
  }
  more()
  return undefined
}

const dripping: Attack = async ({ response }) => {
  response.writeHead(200, { ...CORS, 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 300)
  response.on('close', () => clearInterval(timer))
  return undefined
}

const silent: Attack = async () => undefined
const silentAfterHead: Attack = async ({ response }) => {
  response.writeHead(200, { ...CORS, 'content-type': 'application/json' })
  response.flushHeaders()
  return undefined
}

export const networkAttacks: readonly NetworkAttack[] = [
  { what: 'refuse the connection', code: 'no-connection', attack: () => updateAnswer(async ({ response }) => void response.destroy()) },
  { what: 'never answer', code: 'no-answer-in-time', attack: () => updateAnswer(silent) },
  { what: 'answer with a head and no body', code: 'no-answer-in-time', attack: () => updateAnswer(silentAfterHead) },
  { what: 'answer a byte now and then, without an end', code: 'no-answer-in-time', attack: () => updateAnswer(dripping) },
  { what: 'answer with JSON without an end', code: 'answer-too-large', attack: () => updateAnswer(endless({ ...CORS, 'content-type': 'application/json' }, 200)) },
  {
    what: 'answer with a gzip bomb', code: 'answer-too-large',
    attack: () => updateAnswer({ ...jsonAnswer(''), headers: { ...CORS, 'content-encoding': 'gzip' }, body: bombOf(64 * 2 ** 20) }),
  },
  { what: 'answer with an error page and status 200', code: 'bad-answer', attack: () => updateAnswer(html) },
  { what: 'answer with an error', code: 'bad-answer', attack: () => updateAnswer({ ...html, status: 500 }) },
  { what: 'redirect the question', code: 'bad-answer', attack: () => updateAnswer(redirect) },
  ...['null', '[]', '3', '{}', '{"release":{}}', '{"release":[]}', '{"__proto__":{"release":null}}', '{"constructor":{"release":null}}'].map((text) => (
    { what: `answer ${text}`, code: 'bad-answer', attack: () => updateAnswer(jsonAnswer(text)) }
  )),
  {
    what: 'hide a release in __proto__', code: 'bad-answer',
    attack: (stage) => updateAnswer(jsonAnswer(`{"release":{"__proto__":${JSON.stringify(offer(stage))}}}`)),
  },
  ...['https://example.org/payload', '//example.org/payload', `/v1/payloads/../../${'a'.repeat(64)}`, `${PAYLOAD}?x`].map((payload) => (
    { what: `name the payload ${payload}`, code: 'bad-answer', attack: (stage: Stage) => updateAnswer(jsonAnswer({ release: offer(stage, { payload }) })) }
  )),
  { what: 'redirect the payload', code: 'bad-answer', attack: chunksBy(() => redirect) },
  { what: 'answer a range with an error page', code: 'bad-answer', attack: chunksBy(() => html) },
  { what: 'answer a range with all of it', code: 'bad-answer', attack: chunksBy((_, { fresh }) => ({ status: 200, headers: CORS, body: Buffer.from(fresh.payload) })) },
  { what: 'answer a range without saying which', code: 'bad-answer', attack: chunksBy(({ body }) => ({ status: 206, headers: CORS, body })) },
  { what: 'answer another range', code: 'bad-answer', attack: chunksBy((_, { fresh }) => rangeAnswer(fresh.payload, 'bytes=0-99')) },
  {
    what: 'answer another range under the right name', code: 'bad-chunk',
    attack: chunksBy(({ headers, body }, { fresh }) => ({ status: 206, headers, body: Buffer.from(fresh.payload.subarray(0, body.length)) })),
  },
  {
    what: 'change to another release between two ranges, with another ETag', code: 'bad-chunk',
    attack: chunksBy(({ headers, body }, { other }) => ({ status: 206, headers: { ...headers, etag: '"other"' }, body: Buffer.from(other.payload.subarray(-body.length)) })),
  },
  {
    what: 'answer a range with a gzip bomb', code: 'no-connection',
    attack: chunksBy(({ headers }) => ({ status: 206, headers: { ...headers, 'content-encoding': 'gzip' }, body: bombOf(64 * 2 ** 20) })),
  },
  {
    what: 'send a payload without an end', code: 'trailing-data',
    attack: ({ fresh }) => async (passing) => {
      if (isUpdate(passing.path)) return jsonAnswer({ release: { head: JSON.parse(fresh.head) as unknown, payload: PAYLOAD } })
      if (passing.path !== PAYLOAD) return passing.honest()
      return endless(rangeAnswer(fresh.payload, passing.range).headers, 206)(passing)
    },
  },
  {
    what: 'fall silent within the payload', code: 'no-answer-in-time',
    attack: ({ fresh }) => async (passing) => {
      if (isUpdate(passing.path)) return jsonAnswer({ release: { head: JSON.parse(fresh.head) as unknown, payload: PAYLOAD } })
      if (passing.path !== PAYLOAD) return passing.honest()
      const answer = rangeAnswer(fresh.payload, passing.range)
      if (passing.range?.startsWith('bytes=0-') === true) return answer
      passing.response.writeHead(206, { ...answer.headers, 'content-length': answer.body.length })
      passing.response.write(answer.body.subarray(0, 20_000))
      return undefined
    },
  },
]

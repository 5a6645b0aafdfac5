import { ServerError } from './problems.js'
import type { ByteRange } from 'otaseal/device'

/** Bytes of an answer in JSON; the largest head and the largest trust update fit. */
const JSON_MAX = 512 * 1024

/** What is asked, and how long. */
interface Call {
  readonly signal: AbortSignal
  readonly init?: RequestInit
}

/** An answer whose every byte must come in time. */
interface Watched {
  readonly response: Response
  readonly body: ReadableStream<Uint8Array>
}

export async function askForRelease(question: object, signal: AbortSignal): Promise<unknown> {
  return askJson('/v1/update', { signal, init: { method: 'POST', body: JSON.stringify(question), headers: { 'content-type': 'application/json' } } })
}

export async function askForTrust(epoch: number, signal: AbortSignal): Promise<unknown> {
  return askJson(`/v1/apps/${CONFIG.app}/trust/${epoch}`, { signal })
}

export async function askForChannels(signal: AbortSignal): Promise<unknown> {
  return askJson(`/v1/apps/${CONFIG.app}/channels`, { signal })
}

/** The bytes of a range of a payload, as they come. Whether they are the right ones is for who reads them to check. */
export async function fetchRange(path: string, { start, end }: ByteRange, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const range = `bytes=${start}-${end - 1}`
  const { response, body } = await ask(path, { signal, init: { headers: { range } } })
  const isRight = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${start}-${end - 1}/`) === true
  if (isRight) return body
  await body.cancel()
  throw new ServerError('bad-answer', `the server answered ${response.status} to a request for ${range}`)
}

async function askJson(path: string, call: Call): Promise<unknown> {
  // A silence is not the only way to keep a page waiting: a byte now and then is another.
  const late = AbortSignal.timeout(CONFIG.patience * 4000)
  const { response, body } = await ask(path, { ...call, signal: AbortSignal.any([call.signal, late]) })
  if (response.status !== 200) {
    await body.cancel()
    throw new ServerError('bad-answer', `the server answered ${response.status}`)
  }
  const text = await textOf(body)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ServerError('bad-answer', 'the server sent no JSON', { cause: error })
  }
}

async function textOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let [text, length] = ['', 0]
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    length += value.length
    if (length > JSON_MAX) {
      await reader.cancel()
      throw new ServerError('answer-too-large', `the server sent more than ${JSON_MAX} bytes`)
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** Asks the update server and no other: redirects are not followed. A silence of `CONFIG.patience` ends the request. */
async function ask(path: string, { signal, init }: Call): Promise<Watched> {
  const silence = new AbortController()
  const giveUp = (): void => silence.abort(new ServerError('no-answer-in-time', `nothing came for ${CONFIG.patience} seconds`))
  let timer = setTimeout(giveUp, CONFIG.patience * 1000)
  const options = { ...init, redirect: 'manual', credentials: 'omit', cache: 'no-store', signal: AbortSignal.any([signal, silence.signal]) } as const
  const response = await fetch(new URL(path, CONFIG.server), options).catch((error: unknown) => {
    clearTimeout(timer)
    throw connectionError(error)
  })
  const reader = response.body?.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(timer)
      timer = setTimeout(giveUp, CONFIG.patience * 1000)
      const read = await reader?.read().catch((error: unknown) => {
        throw connectionError(error)
      }).finally(() => clearTimeout(timer))
      if (read?.value === undefined) controller.close()
      else controller.enqueue(read.value)
    },
    async cancel() {
      clearTimeout(timer)
      await reader?.cancel().catch(() => undefined)
    },
  }, { highWaterMark: 0 })
  return { response, body }
}

/** What `fetch` and its body fail with: the reason of a signal, or whatever the browser calls a broken connection. */
function connectionError(error: unknown): unknown {
  if (error instanceof ServerError || (error instanceof DOMException && error.name === 'AbortError')) return error
  if (error instanceof DOMException && error.name === 'TimeoutError') return new ServerError('no-answer-in-time', 'the answer took too long', { cause: error })
  return new ServerError('no-connection', 'the connection failed', { cause: error })
}

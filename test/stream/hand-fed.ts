import { EnvelopeError } from '../../src/index.js'
import type { ByteStreamLike } from '../../src/index.js'

/** A source that gives what it is told to, when it is told to. */
export interface HandFed {
  readonly stream: ByteStreamLike
  /** Whether somebody waits for a piece. */
  readonly isAsked: () => boolean
  /** How often a piece was asked for. */
  readonly asked: () => number
  readonly give: (piece: Uint8Array) => void
  readonly end: () => void
  readonly fail: (reason: unknown) => void
  /** The reason of each cancellation. */
  readonly cancelled: readonly unknown[]
}

type Answer = { readonly done: boolean; readonly value?: Uint8Array }

/** `isPlatform` makes a `ReadableStream` of it; else it is the least that is a stream, and never locked. */
export function handFed(isPlatform: boolean): HandFed {
  let waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (reason: unknown) => void } | undefined
  let asked = 0
  const cancelled: unknown[] = []
  const read = async (): Promise<Answer> => {
    asked++
    return new Promise((resolve, reject) => (waiting = { resolve, reject }))
  }
  const answer = (how: (to: NonNullable<typeof waiting>) => void): void => {
    const to = waiting
    if (to === undefined) throw new Error('nobody has asked')
    waiting = undefined
    how(to)
  }
  let isOver = false
  // A stream that has failed or ended can't be cancelled any more.
  const cancel = async (reason: unknown): Promise<void> => {
    if (!isOver) cancelled.push(reason)
  }
  const platform = (): ReadableStream<Uint8Array> =>
    new ReadableStream(
      {
        pull: async (controller) => {
          const { done, value } = await read()
          if (done) controller.close()
          else if (value !== undefined && cancelled.length === 0) controller.enqueue(value)
        },
        cancel,
      },
      { highWaterMark: 0 },
    )
  return {
    stream: isPlatform ? platform() : { getReader: () => ({ read, cancel }) },
    isAsked: () => waiting !== undefined,
    asked: () => asked,
    give: (piece) => answer(({ resolve }) => resolve({ done: false, value: piece })),
    end: () => answer(({ resolve }) => {
      isOver = true
      resolve({ done: true })
    }),
    fail: (reason) => answer(({ reject }) => {
      isOver = true
      reject(reason)
    }),
    cancelled,
  }
}

export const failure = new Error('the source failed')
export const reason = new Error('nobody wants it')

/** What a read has failed with. */
export const told = (error: unknown): string =>
  error === failure ? 'error' : error instanceof EnvelopeError ? error.code : error instanceof TypeError ? 'type-error' : String(error)

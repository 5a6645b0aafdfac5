import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inOrder } from '../../src/stream/in-order.js'
import { settled } from '../stream/streams.js'

/** A piece of work that ends when it is told to. */
interface Gate {
  readonly opened: Promise<void>
  readonly open: () => void
}

function gate(): Gate {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

/** Items 0 to `count - 1`, and a log of what was read and worked on. */
function watched(count: number): {
  readonly log: string[]
  readonly gates: readonly Gate[]
  readonly read: (i: number) => Promise<number | undefined>
  readonly work: (item: number, i: number) => Promise<string>
} {
  const log: string[] = []
  const gates = Array.from({ length: count }, gate)
  return {
    log,
    gates,
    read: async (i) => {
      log.push(`read ${i}`)
      return i < count ? i : undefined
    },
    work: async (item, i) => {
      log.push(`work ${i}`)
      await gates[i]?.opened
      log.push(`done ${i}`)
      return `result of ${item}`
    },
  }
}

async function all<T>(next: () => Promise<T | undefined>): Promise<T[]> {
  const results: T[] = []
  for (let result = await next(); result !== undefined; result = await next()) results.push(result)
  return results
}

const lanes = fc.integer({ min: 1, max: 6 })

describe('inOrder', () => {
  test('reads nothing before the first call, and then as many as there are lanes', async () => {
    const { log, read, work } = watched(9)
    const next = inOrder(3, read, work)
    await settled()
    expect(log).toEqual([])
    void next()
    await settled()
    expect(log.filter((line) => line.startsWith('read'))).toEqual(['read 0', 'read 1', 'read 2'])
    expect(log.filter((line) => line.startsWith('work'))).toEqual(['work 0', 'work 1', 'work 2'])
  })

  test('gives results in the order of the items, whichever is ready first', async () => {
    const { gates, read, work } = watched(4)
    const next = inOrder(4, read, work)
    const first = next()
    for (const { open } of [...gates].reverse()) {
      await settled(2)
      open()
    }
    expect([await first, ...(await all(next))]).toEqual([0, 1, 2, 3].map((i) => `result of ${i}`))
  })

  test('reads no item further ahead than the lanes, while the consumer is slow', async () => {
    const { log, gates, read, work } = watched(9)
    for (const { open } of gates) open()
    const next = inOrder(2, read, work)
    for (let given = 1; given <= 5; given++) {
      await next()
      await settled()
      expect(log.filter((line) => line.startsWith('read'))).toHaveLength(given + 1)
    }
  })

  test('gives undefined after the last result, again and again, and reads no more', async () => {
    const { log, gates, read, work } = watched(2)
    for (const { open } of gates) open()
    const next = inOrder(4, read, work)
    expect(await all(next)).toHaveLength(2)
    for (let i = 0; i < 5; i++) expect(await next()).toBeUndefined()
    expect(log.filter((line) => line.startsWith('read'))).toEqual(['read 0', 'read 1', 'read 2'])
  })

  test('in any timing keeps order, serial reads, the limit of lanes and the promise that memory may be used again', async () => {
    const timing = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(lanes, fc.nat(12), timing, timing, async (width, count, readTurns, workTurns) => {
        const memory = Array.from({ length: width }, () => ({ holds: -1 }))
        let [reading, working] = [0, 0]
        const given: number[] = []
        const next = inOrder(
          width,
          async (i) => {
            expect(++reading, 'items being read').toBe(1)
            expect(i - given.length, 'items ahead').toBeLessThan(width)
            await settled(readTurns[i % readTurns.length])
            reading--
            if (i === count) return undefined
            const slot = memory[i % width] as { holds: number }
            slot.holds = i
            return slot
          },
          async (slot, i) => {
            expect(++working, 'items in flight').toBeLessThanOrEqual(width)
            await settled(workTurns[i % workTurns.length])
            working--
            return slot.holds
          },
        )
        for (let i = await next(); i !== undefined; i = await next()) given.push(i)
        expect(given).toEqual(Array.from({ length: count }, (_, i) => i))
      }),
      { seed: 51, numRuns: 60 },
    )
  })

  test.each([1, 2, 4])('with %i lanes reads nothing more once work has failed, and gives the results before it', async (width) => {
    const failure = new Error('the fourth is bad')
    const { log, gates, read, work } = watched(20)
    for (const { open } of gates) open()
    const next = inOrder(width, read, async (item, i) => {
      if (i === 3) throw failure
      return work(item, i)
    })
    for (let i = 0; i < 3; i++) expect(await next()).toBe(`result of ${i}`)
    await expect(next()).rejects.toBe(failure)
    await settled()
    const before = log.length
    await next().catch(() => undefined)
    await settled()
    expect(log.length, 'lines of the log after the failure').toBe(before)
    expect(log.filter((line) => line.startsWith('read')).length).toBeLessThanOrEqual(3 + width)
  })

  test('with a read that fails works on nothing after it, and each later call fails with the same', async () => {
    const failure = new Error('the network is gone')
    const { log, gates, read, work } = watched(20)
    for (const { open } of gates) open()
    const next = inOrder(
      4,
      async (i) => {
        if (i === 2) throw failure
        return read(i)
      },
      work,
    )
    expect(await next()).toBe('result of 0')
    expect(await next()).toBe('result of 1')
    for (let i = 0; i < 6; i++) await expect(next()).rejects.toBe(failure)
    expect(log.filter((line) => line.startsWith('read'))).toEqual(['read 0', 'read 1'])
    expect(log.filter((line) => line.startsWith('work'))).toEqual(['work 0', 'work 1'])
  })

  test('leaves no rejection unhandled where nobody asks for what failed', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listen)
    const next = inOrder(4, async (i) => i, async (i) => {
      if (i > 0) throw new Error(`item ${i}`)
      return i
    })
    expect(await next()).toBe(0)
    await settled()
    // The control: this one nobody handles.
    void Promise.reject(new Error('the control'))
    await settled()
    process.off('unhandledRejection', listen)
    expect(unhandled.map(String)).toEqual(['Error: the control'])
  })
})

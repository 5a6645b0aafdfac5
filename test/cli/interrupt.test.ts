import { expect, it, vi } from 'vitest'
import { interruptible } from '../../src/cli/interrupt.js'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const listeners = (): readonly number[] => signals.map((name) => process.listenerCount(name))

it('a signal stops the work, and ends the program only when that has cleaned up; a second one finds nobody who waits', async () => {
  const before = listeners()
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  let cleanUp: (() => void) | undefined
  const work = interruptible(async (signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await new Promise<void>((resolve) => (cleanUp = resolve))
    throw new Error('stopped')
  })
  const settled = vi.fn()
  void work.then(settled, settled)
  expect(listeners()).toEqual(before.map((count) => count + 1))
  process.emit('SIGTERM', 'SIGTERM')
  expect(listeners()).toEqual(before)
  await vi.waitFor(() => expect(cleanUp).toBeDefined())
  expect(kill).not.toHaveBeenCalled()
  cleanUp?.()
  await vi.waitFor(() => expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTERM'))
  await new Promise((resolve) => setImmediate(resolve))
  // Nothing is said of it: the program is gone.
  expect(settled).not.toHaveBeenCalled()
})

it('work without a signal comes out as it is, and leaves no listener', async () => {
  const before = listeners()
  expect(await interruptible(async () => 'done')).toBe('done')
  await expect(interruptible(async () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(listeners()).toEqual(before)
})

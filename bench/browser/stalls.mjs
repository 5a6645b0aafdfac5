// How long a page's thread does not answer while it works. A meter gives the longest gap in milliseconds.

/** Whether the browser itself tells of tasks above 50 ms. */
export const supportsLongTasks = globalThis.PerformanceObserver?.supportedEntryTypes.includes('longtask') === true

/** Gaps between turns of the event loop: a message to oneself is answered as soon as anything else could be. */
async function messages(work) {
  const { port1, port2 } = new MessageChannel()
  const gaps = gapMeter()
  port1.onmessage = () => {
    gaps.tick()
    port2.postMessage(undefined)
  }
  port2.postMessage(undefined)
  await work()
  port1.close()
  return gaps.longest()
}

/** Gaps between timers, which pages run every 4 ms at most: others' work has to wait so long, less those 4 ms. */
async function timers(work) {
  const gaps = gapMeter()
  const timer = setInterval(gaps.tick, 1)
  await work()
  clearInterval(timer)
  return gaps.longest()
}

/** Gaps between frames, 16.7 ms apart where all is well. */
async function frames(work) {
  const gaps = gapMeter()
  let running = true
  const frame = () => {
    gaps.tick()
    if (running) requestAnimationFrame(frame)
  }
  await new Promise((resolve) => requestAnimationFrame(resolve))
  frame()
  await work()
  running = false
  return gaps.longest()
}

/** The longest task that the browser tells of, 0 where none took 50 ms. */
async function longTasks(work) {
  if (!supportsLongTasks) return undefined
  const durations = [0]
  const observer = new PerformanceObserver((list) => durations.push(...list.getEntries().map(({ duration }) => duration)))
  observer.observe({ type: 'longtask' })
  await work()
  // They are told of a while later.
  await new Promise((resolve) => setTimeout(resolve, 200))
  observer.disconnect()
  return Math.max(...durations)
}

export const meters = { messages, timers, frames, 'long tasks': longTasks }

/** The time from the last tick to the end counts too. */
function gapMeter() {
  let last = performance.now()
  let longest = 0
  const tick = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  return { tick, longest: () => (tick(), longest) }
}

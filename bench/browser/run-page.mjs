// One page in one browser, from its start to what it found out.
import { launch } from './launch.mjs'
import { serve } from './serve.mjs'

const SECONDS = 600

/** What the page found out in one browser; `undefined` where there is no such browser. */
export async function runPage(name, scripts, settings) {
  const server = await serve(scripts, settings, (line) => console.error(`${name}: ${line}`))
  const result = server.result()
  const browser = launch(name, server.url)
  if (browser === undefined) {
    server.close()
    return undefined
  }
  let timer
  const { seconds = SECONDS } = settings
  const timeout = new Promise((resolve) => (timer = setTimeout(resolve, 1000 * seconds, { error: `nothing came within ${seconds} s` })))
  const exited = browser.exited.then(() => ({ error: 'the browser ended by itself' }))
  const outcome = await Promise.race([result, timeout, exited])
  clearTimeout(timer)
  browser.close()
  server.close()
  return outcome
}

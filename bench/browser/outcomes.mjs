// How a page tells what it found out.

/** What each behaviour came to: its name, and what went wrong. */
export async function check(behaviours) {
  const outcomes = []
  for (const [name, behave] of Object.entries(behaviours)) {
    const problem = await behave().then(() => undefined, (error) => `${error}\n${error.stack}`)
    await tell('progress', `${name}: ${problem ?? 'ok'}`)
    outcomes.push({ name, problem })
  }
  return outcomes
}

/** Does the work of a page with its settings, and tells the result, or why there is none. */
export async function report(work) {
  try {
    await tell('result', await work(await (await fetch('/settings')).json()))
  } catch (error) {
    await tell('result', { error: `${error}\n${error.stack}` })
  }
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

async function tell(where, what) {
  await fetch(`/${where}`, { method: 'POST', body: JSON.stringify(what) })
}

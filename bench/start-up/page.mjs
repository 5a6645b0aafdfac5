// One cold start in a page of its own. The page's inline script has set `start`; the module of the row is fetched here.
const { head, key, row } = globalThis.settings
try {
  const { open } = await import(`/${row}.js`)
  const { version } = await open(head, key)
  await report({ version, ms: performance.now() - globalThis.start })
} catch (error) {
  await report({ error: String(error) })
}

async function report(sample) {
  await fetch('/sample', { method: 'POST', body: JSON.stringify(sample) })
  // The next page, with the next row; nothing is cached.
  globalThis.location.reload()
}

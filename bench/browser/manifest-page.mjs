// What manifest-browsers.mjs lets each browser do: releases that Node published, fetched over HTTP from another origin.
import { applyManifest, httpFetcher, memoryStorage, openManifest } from '../../dist/manifest.js'
import { check, fromBase64, report } from './outcomes.mjs'
import { demand, errorOf, joined, sameBytes } from './release.mjs'

let brotli = 'not asked'

await report(async (settings) => {
  const behaviours = { ...objectsOf(settings), ...fetchesOf(settings), ...appliesOf(settings) }
  return { userAgent: navigator.userAgent, behaviours: await check(behaviours), brotli }
})

/** Each object is fetched whole, and opened. */
function objectsOf({ releases, policy, url }) {
  const open = async (name) => {
    const manifest = await openManifest(fromBase64(releases[name]), policy)
    const fetchObject = httpFetcher(`${url}/ranges`)
    for (const file of manifest.files) {
      const bytes = await manifest.decryptObject(file.path, await fetched(fetchObject, file.object))
      demand(hexOf(await crypto.subtle.digest('SHA-256', bytes)) === file.sha256, `another ${file.path}`)
    }
    return manifest
  }
  return {
    'files of one chunk, several and none': async () => demand((await open('plain')).files.some(({ size }) => size > 600_000), 'no large file'),
    'files that gzip made smaller': async () => demand((await open('gzip')).files.some(({ object }) => object.encoding === 'gzip'), 'none is'),
    'files that Brotli made smaller, or a clear refusal': async () => {
      const error = await open('br').then(() => undefined, (reason) => reason)
      brotli = error === undefined ? 'decoded' : `${error.code}: ${error.message}`
      demand(error === undefined || (error.code === 'backend-unavailable' && /publish with another encoding/.test(error.message)), brotli)
    },
  }
}

/** What the fetcher does with servers of several habits. */
function fetchesOf({ releases, policy, url }) {
  const large = async () => (await openManifest(fromBase64(releases.plain), policy)).files.find(({ size }) => size > 600_000).object
  return {
    'parts of an object, from servers with ranges and without': async () => {
      const object = await large()
      const all = await fetched(httpFetcher(`${url}/ranges`), object)
      for (const way of ['ranges', 'whole']) {
        for (const [start, end] of [[0, 1], [1000, 500_000], [object.size - 1, object.size]]) {
          demand(sameBytes(await fetched(httpFetcher(`${url}/${way}`), object, { start, end }), all.subarray(start, end)), `${way}: another part`)
        }
      }
    },
    'an object that is not there is final': async () => {
      const error = await errorOf(fetched(httpFetcher(`${url}/ranges`), { name: 'none', size: 5 }))
      demand(error.code === 'fetch-failed' && /404/.test(error.message), `${error}`)
    },
    'a server that is not there can be asked again': async () => {
      const error = await errorOf(fetched(httpFetcher('http://127.0.0.1:9'), await large()))
      demand(error.name === 'Error' && error.code === undefined, `${error}`)
    },
    'an abort ends a request': async () => {
      const controller = new AbortController()
      const request = fetched(httpFetcher(`${url}/silent`), await large(), undefined, controller.signal)
      setTimeout(() => controller.abort(), 100)
      const error = await errorOf(request)
      demand(error.code === 'aborted', `${error}`)
    },
  }
}

/** Each release is put together as a device does it. */
function appliesOf({ releases, policy, url }) {
  const apply = async (way, storage = memoryStorage(), name = 'gzip') => {
    const manifest = await openManifest(fromBase64(releases[name]), policy)
    const fetchObject = httpFetcher(`${url}/${way}`, { stallTimeout: 1 })
    const applied = await applyManifest(manifest, { storage, fetchObject, retryDelay: 0.01 })
    const contents = storage.contents()
    demand(contents.size === manifest.files.length, 'another set of files')
    for (const { path, sha256 } of manifest.files) demand(hexOf(await crypto.subtle.digest('SHA-256', contents.get(path))) === sha256, `another ${path}`)
    return { ...applied, storage }
  }
  const names = { ranges: 'gives ranges', whole: 'gives all', cut: 'breaks off', busy: 'is busy', silent: 'is silent at first' }
  return {
    ...Object.fromEntries(Object.entries(names).map(([way, what]) => [`a release from a server that ${what}`, async () => void (await apply(way))])),
    'a broken object that caches were told to keep is fetched anew': async () => void (await apply('broken')),
    'a second release fetches what is new': async () => {
      const { storage } = await apply('ranges')
      const { fetchedObjects } = await apply('ranges', storage, 'next')
      demand(fetchedObjects === 1, `${fetchedObjects} objects`)
    },
  }
}

async function fetched(fetchObject, { name, size }, range = { start: 0, end: size }, signal = undefined) {
  const reader = (await fetchObject({ name, size, range, signal })).getReader()
  const parts = []
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) parts.push(value)
  return joined(parts)
}

function hexOf(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

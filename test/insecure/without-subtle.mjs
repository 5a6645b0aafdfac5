// Loaded before anything else: crypto without subtle, as a page has it that did not come by HTTPS; who asks for it is counted.
globalThis.timesAsked = 0
Object.defineProperty(Object.getPrototypeOf(crypto), 'subtle', {
  configurable: true,
  get: () => void globalThis.timesAsked++,
})

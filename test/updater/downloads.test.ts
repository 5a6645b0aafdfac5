import { expect, test } from 'vitest'
import { describeInChromium } from '../inspector/browser.js'
import { checkForUpdate, ended, expectRunning, problems, screenshot, useWorld } from './page.js'
import { CHUNK as CHUNKS, publish, sealed } from './world.js'

describeInChromium('the updater example, with a bad network', () => {
  const { world, onDevice } = useWorld()

  test('goes on with a download that was cut off, and fetches nothing twice that was verified', async () => {
    const envelope = await sealed(world(), '2.0.0', { size: 40 * CHUNKS })
    await publish(world(), envelope)
    await onDevice(async ({ page }) => {
      // Once after ten chunks and a half, and then not at all any more.
      let cuts = 0
      world().front.attack = async ({ path, range, response, honest }) => {
        const answer = await honest()
        if (!path.startsWith('/v1/payloads/') || range?.startsWith('bytes=0-') === true) return answer
        if (cuts++ > 0) return void response.destroy()
        const part = answer.body.subarray(0, 10.5 * CHUNKS)
        world().front.seen.payloadBytes += part.length
        response.writeHead(206, { ...answer.headers, 'content-length': answer.body.length })
        response.write(part, () => setTimeout(() => response.destroy(), 200))
        return undefined
      }
      const before = await page.locator('#version').textContent() ?? ''
      await checkForUpdate(page)
      expect(await problems(page)).toEqual(['Update: no-connection'])
      await screenshot(page, 'honest-cut-off')
      await expectRunning(page, before)
      const first = world().front.seen.payloadBytes

      world().front.clear()
      await checkForUpdate(page)
      await expectRunning(page, '2.0.0')
      const second = world().front.seen.payloadBytes
      expect(second).toBeGreaterThan(0)
      // What came of the eleventh chunk, and what the browser held back when the connection broke.
      expect(first + second - envelope.payload.length).toBeLessThan(8 * CHUNKS)
      expect(first + second).toBeGreaterThanOrEqual(envelope.payload.length)
      expect(world().front.seen.requests.filter((request) => request.includes('/payloads/'))).toHaveLength(1)
    })
  })

  test('goes on by itself where the connection breaks now and then, and shows how far it is', async () => {
    const envelope = await sealed(world(), '2.1.0', { size: 30 * CHUNKS })
    await publish(world(), envelope)
    await onDevice(async ({ page }) => {
      world().front.attack = async ({ path, range, response, honest }) => {
        const answer = await honest()
        if (!path.startsWith('/v1/payloads/') || answer.body.length <= 6 * CHUNKS) return answer
        response.writeHead(206, { ...answer.headers, 'content-length': answer.body.length })
        response.write(answer.body.subarray(0, range?.startsWith('bytes=0-') === true ? 10 : 6 * CHUNKS), () => setTimeout(() => response.destroy(), 100))
        return undefined
      }
      const values = page.evaluate(async () => new Promise<number[]>((resolve) => {
        const seen = new Set<number>()
        const progress = document.getElementById('progress') as HTMLProgressElement
        const button = document.getElementById('check') as HTMLButtonElement
        const look = (): void => {
          seen.add(progress.value)
          if (seen.size > 1 && !button.disabled) resolve([...seen])
          else setTimeout(look, 1)
        }
        look()
      }))
      await page.getByRole('button', { name: 'Check for an update' }).click()
      await expect.poll(async () => page.locator('#bytes').textContent()).toMatch(/of 492 kB verified/)
      await screenshot(page, 'honest-progress')
      await ended(page)
      await expectRunning(page, '2.1.0')
      const seen = await values
      expect(seen.length).toBeGreaterThan(4)
      expect(seen).toEqual([...seen].sort((a, b) => a - b))
    })
  })

  test('can be stopped, and goes on at the next try', async () => {
    await publish(world(), await sealed(world(), '2.2.0', { size: 20 * CHUNKS }))
    await onDevice(async ({ page }) => {
      world().front.attack = async ({ path, range, response, honest }) => {
        const answer = await honest()
        if (!path.startsWith('/v1/payloads/') || range?.startsWith('bytes=0-') === true) return answer
        response.writeHead(206, { ...answer.headers, 'content-length': answer.body.length })
        response.write(answer.body.subarray(0, 4 * CHUNKS))
        return undefined
      }
      await page.getByRole('button', { name: 'Check for an update' }).click()
      await page.locator('#bytes').waitFor()
      await page.getByRole('button', { name: 'Stop' }).click()
      await ended(page)
      expect(await problems(page)).toEqual(['Update: aborted'])
      world().front.clear()
      await checkForUpdate(page)
      await expectRunning(page, '2.2.0')
    })
  })

  test('believes no chunk that was changed on the disk, nor one of another release', async () => {
    const envelope = await sealed(world(), '2.3.0', { size: 10.5 * CHUNKS })
    await publish(world(), envelope)
    await onDevice(async ({ page }) => {
      let isCut = false
      world().front.attack = async ({ path, response, honest }) => {
        const answer = await honest()
        if (!path.startsWith('/v1/payloads/') || answer.body.length < 2 * CHUNKS) return answer
        if (isCut) return void response.destroy()
        isCut = true
        response.writeHead(206, { ...answer.headers, 'content-length': answer.body.length })
        response.write(answer.body.subarray(0, 6 * CHUNKS), () => setTimeout(() => response.destroy(), 200))
        return undefined
      }
      await checkForUpdate(page)
      const changed = await page.evaluate(async () => new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('updater')
        opening.onerror = () => reject(new Error('no database'))
        opening.onsuccess = () => {
          const store = opening.result.transaction('parts', 'readwrite').objectStore('parts')
          const reading = store.getAllKeys()
          reading.onsuccess = () => {
            for (const key of reading.result) store.put(new Uint8Array(16_384), key)
            store.put(new Uint8Array(16_384), ['f'.repeat(64), 0])
            store.put(new Uint8Array(16_384), ['0'.repeat(64), 0])
            store.transaction.oncomplete = () => resolve(reading.result.length)
          }
        }
      }))
      expect(changed).toBeGreaterThan(2)
      world().front.clear()
      await checkForUpdate(page)
      await expectRunning(page, '2.3.0')
      expect(world().front.seen.payloadBytes).toBe(envelope.payload.length)
    })
  })
})

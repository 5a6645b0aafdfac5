// The same by the library, which checks the form of the head, the claims and the reader's key besides.
import { openEnvelope } from 'otaseal/device'

export async function open(head, { pem, app, channel }) {
  const { header } = await openEnvelope(head, { trust: pem, app, channel, lastSequence: null })
  return header
}

import { MechanismEnum, Module, ObjectClass, RsaMgf, RsaPssParams, SessionFlag } from 'graphene-pk11'
import type { PrivateKey } from 'graphene-pk11'
import type { Signer } from 'otaseal/build'

/** A token: `library` is its PKCS#11 module, for example /usr/lib/softhsm/libsofthsm2.so; `label` that of its RSA private key. */
export function pkcs11Signer(library: string, pin: string, label: string, publicKey: string): Signer {
  const mechanism = {
    name: 'SHA256_RSA_PKCS_PSS',
    params: new RsaPssParams(MechanismEnum.SHA256, RsaMgf.MGF1_SHA256, 32),
  }
  return {
    algorithm: 'PS256',
    publicKey,
    name: label,
    sign(message) {
      const token = Module.load(library)
      token.initialize()
      try {
        const session = token.getSlots(0, true).open(SessionFlag.SERIAL_SESSION)
        session.login(pin)
        const found = session.find({ class: ObjectClass.PRIVATE_KEY, label })
        if (found.length !== 1) throw new Error(`the token has ${found.length} private keys ${label}, not one`)
        return session.createSign(mechanism, found.items(0).toType<PrivateKey>()).once(Buffer.from(message))
      } finally {
        token.finalize()
      }
    },
  }
}

/** RFC 7748 section 5.2, the first vector, and section 6.1 from both sides, hex. */
export const x25519Known = [
  {
    scalar: 'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
    u: 'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
    secret: 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
  },
  {
    scalar: '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
    u: 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    secret: '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  },
  {
    scalar: '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
    u: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    secret: '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  },
] as const

/** What no honest u of X25519 is, little-endian: points of small order (RFC 7748 section 6.1), and numbers that are not below 2^255 - 19. */
export const x25519Wrong: readonly (readonly [name: string, u: string])[] = [
  ['0, of order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
  ['1, of order 1', '0100000000000000000000000000000000000000000000000000000000000000'],
  ['the one point of order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
  ['the other point of order 8', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
  ['p - 1, of order 4', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['p, which is 0', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['p + 1, which is 1', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['p + 9, the base point, not reduced', 'f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['the second u of RFC 7748 section 5.2, whose highest bit is set', 'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493'],
]

/** RFC 5903 section 8.1: two keys of P-256, and x of their common point, hex. */
export const p256Known = {
  first: {
    d: 'c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433',
    x: 'dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180',
    y: '5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3',
  },
  second: {
    d: 'c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53',
    x: 'd12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63',
    y: '56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab',
  },
  secret: 'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de',
} as const

/** What is no point of P-256 in reduced coordinates, hex. */
export const p256WrongPoints: readonly { readonly name: string; readonly x: string; readonly y: string }[] = [
  {
    name: 'off the curve: y of the second key plus 1',
    x: 'd12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63',
    y: '56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ac',
  },
  {
    name: 'off the curve: x and y exchanged',
    x: '56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab',
    y: 'd12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63',
  },
  {
    name: 'zeros, as the point at infinity is written at times',
    x: '0000000000000000000000000000000000000000000000000000000000000000',
    y: '0000000000000000000000000000000000000000000000000000000000000000',
  },
  {
    name: 'of order 2 on another curve: y = 0, x = 1',
    x: '0000000000000000000000000000000000000000000000000000000000000001',
    y: '0000000000000000000000000000000000000000000000000000000000000000',
  },
  {
    name: 'x = 5 plus the prime of the field',
    x: 'ffffffff00000001000000000000000000000001000000000000000000000004',
    y: '459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc',
  },
]

/** What is no private number of P-256: 0, the order, and the order plus 1, hex. */
export const p256WrongNumbers: readonly string[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552',
]

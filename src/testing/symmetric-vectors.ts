/** FIPS 180-4 examples of SHA-256: ASCII, how often, hex. */
export const sha256Known: readonly (readonly [text: string, times: number, digest: string])[] = [
  ['', 1, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 1, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', 1, '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
  ['a', 1_000_000, 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
]

/** An HMAC: the key and the results hex, the message ASCII. */
export interface HmacVector {
  readonly key: string
  readonly message: string
  readonly 'SHA-256': string
  readonly 'SHA-512': string
}

/** RFC 4231 sections 4.2, 4.3, 4.7 and 4.8. */
export const hmacKnown: readonly HmacVector[] = [
  {
    key: '0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b',
    message: 'Hi There',
    'SHA-256': 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    'SHA-512':
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1' +
      '702e696c203a126854',
  },
  {
    key: '4a656665',
    message: 'what do ya want for nothing?',
    'SHA-256': '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    'SHA-512':
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b' +
      '4b636e070a38bce737',
  },
  {
    key:
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' +
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' +
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    message: 'Test Using Larger Than Block-Size Key - Hash Key First',
    'SHA-256': '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    'SHA-512':
      '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0a' +
      'ec8b915a985d786598',
  },
  {
    key:
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' +
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' +
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    message:
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashe' +
      'd before being used by the HMAC algorithm.',
    'SHA-256': '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    'SHA-512':
      'e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de044' +
      '6065c97440fa8c6a58',
  },
]

/** RFC 3394 section 4.6, hex. */
export const keyWrap = {
  wrappingKey: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  key: '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f',
  wrapped: '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
} as const

/** The same key, wrapped by OpenSSL in another way each. */
export const keyWrapWrong = {
  'another check value, a5 a5 …': 'e6e22152dda1f9ae17f0586d8b21efc95f17fef472ce84bf3be63fc57e50938a56171b157ebd97a1',
  'the check value of RFC 5649': '4a8029243027353b0694cf1bd8fc745bb0ce8a739b19b1960b12426d4c39cfeda926d103ab34e9f6',
} as const

/** The same key under the first 16 bytes of the wrapping key, by OpenSSL. */
export const keyWrapAes128 = '11826840774d993ff9c2fa02cca3cea0e93b1e1cf96361f93ea6dc2f345194e7b30f964c79f9e61d'

/** ASCII, and hex. */
export interface Pbkdf2Vector {
  readonly hash: 'SHA-256' | 'SHA-512'
  readonly password: string
  readonly salt: string
  readonly iterations: number
  readonly key: string
}

/** Longer than a block of either hash. */
const LONG_PASSWORD =
  'pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp' +
  'pppppppppppppppppppppppppppppppppppppppp'

/** PBKDF2, of which 32 bytes: the first of RFC 7914 section 11, the others by node:crypto; passwords shorter and longer than a block. */
export const pbkdf2Known: readonly Pbkdf2Vector[] = [
  { hash: 'SHA-256', password: 'passwd', salt: 'salt', iterations: 1, key: '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' },
  { hash: 'SHA-512', password: 'passwd', salt: 'salt', iterations: 1, key: 'c74319d99499fc3e9013acff597c23c5baf0a0bec5634c46b8352b793e324723' },
  { hash: 'SHA-256', password: LONG_PASSWORD, salt: 'salt', iterations: 3, key: '5b7a12dd145313b986b7d0a231ded8e52795b714388a6338573b07ec03af27a1' },
  { hash: 'SHA-512', password: LONG_PASSWORD, salt: 'salt', iterations: 3, key: 'd0c7a03e629323e072bb01e49f1231e1434685096d955b4cba461e1dda24e320' },
  { hash: 'SHA-512', password: 'password', salt: 'salt', iterations: 4096, key: 'd197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5' },
]

/** AES-256-CBC: key, iv and the first two blocks of NIST SP 800-38A F.2.5, and by OpenSSL what padding adds. */
export const cbc = {
  key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
  iv: '000102030405060708090a0b0c0d0e0f',
  known: [
    ['', '7e9248e5d829ca7593f0c549db2f5b8c'],
    ['6bc1bee22e', '117fb057f4728629cee1de6a7afe3370'],
    [
      '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51',
      'f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d3a3aa5e0213db1a9901f9036cf5102d2',
    ],
  ],
  /** One block each, by OpenSSL without padding: its last bytes are 0, 17, and 1 2. */
  wrongPadding: ['dddfc256fb25205e1eeec6bcdc92ae60', 'b3d357099964afcdf469af9b925352fb', '363d93871f5b8be859457dee5a834d3f'],
} as const

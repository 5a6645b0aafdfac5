/** A message of AES-GCM, hex. */
export interface GcmVector {
  readonly key: string
  readonly nonce: string
  readonly plaintext: string
  readonly additionalData: string | undefined
  readonly ciphertext: string
  readonly tag: string
}

/*
 * McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", submission to NIST, appendix B, of whose values
 * NIST SP 800-38D section 6 takes the mode.
 */

/** Test cases 13 to 16: AES-256, nonces of 12 bytes. */
export const gcmKnown: readonly GcmVector[] = [
  {
    key: '0000000000000000000000000000000000000000000000000000000000000000',
    nonce: '000000000000000000000000',
    plaintext: '',
    additionalData: undefined,
    ciphertext: '',
    tag: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    key: '0000000000000000000000000000000000000000000000000000000000000000',
    nonce: '000000000000000000000000',
    plaintext: '00000000000000000000000000000000',
    additionalData: undefined,
    ciphertext: 'cea7403d4d606b6e074ec5d3baf39d18',
    tag: 'd0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    plaintext:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6' +
      '57ba637b391aafd255',
    additionalData: undefined,
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a' +
      '0abcc9f662898015ad',
    tag: 'b094dac5d93471bdec1a502270e3cc6c',
  },
  {
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    plaintext:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6' +
      '57ba637b39',
    additionalData: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a' +
      '0abcc9f662',
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
]

/** Test cases 17 and 18: AES-256, nonces of 8 and of 60 bytes, from which GCM derives its counter in another way. */
export const gcmOtherNonces: readonly GcmVector[] = [
  {
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbad',
    plaintext:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6' +
      '57ba637b39',
    additionalData: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    ciphertext:
      'c3762df1ca787d32ae47c13bf19844cbaf1ae14d0b976afac52ff7d79bba9de0feb582d33934a4f0954cc2363bc73f7862ac430e64abe4' +
      '99f47c9b1f',
    tag: '3a337dbf46a792c45e454913fe2ea8f2',
  },
  {
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce:
      '9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a' +
      '57a637b39b',
    plaintext:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6' +
      '57ba637b39',
    additionalData: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    ciphertext:
      '5a8def2f0c9e53f1f75d7853659e2a20eeb2b22aafde6419a058ab4f6f746bf40fc0c3b780f244452da3ebf1c5d82cdea2418997200ef8' +
      '2e44ae7e3f',
    tag: 'a44a8266ee1c8eb0c8b5d4cf5ae9f19a',
  },
]

/** Test case 4: AES-128. */
export const gcmAes128: GcmVector = {
  key: 'feffe9928665731c6d6a8f9467308308',
  nonce: 'cafebabefacedbaddecaf888',
  plaintext:
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6' +
    '57ba637b39',
  additionalData: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
  ciphertext:
    '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac' +
    '973d58e091',
  tag: '5bc94fbc3221a5db94fae95ae7121a47',
}

/** Length of the plaintext of {@link gcmLong}, byte i of which is (7 i + 3) mod 251. */
export const GCM_LONG = 515

/** That plaintext under key, nonce and additional data of test case 16, by node:crypto. */
export const gcmLong: Pick<GcmVector, 'ciphertext' | 'tag'> = {
  ciphertext:
    '8816e2cd7ef456d66a647736d22f018b91e7a4072547aab7f0662b4068aa8e0473667325c86ea077a858ab012367774c2cc395fb4dcc1e' +
    'd4963d13fe3f9c7d39ac60ad8b04068fb34d999d07d7d0cfd9e1daa5e6b276ce672e0b9e5cc95c8653ca4f2f4ad3a444adb0b32e87763a' +
    'd9b6a2a75988508e489cf45243c063f460d82e0091464a5191e0403f1761e9c5b85f4d5fdc7eccfecb0d68503df5629ae7098b8ffe180b' +
    '9c3a9ffea31eb40d2ea46baab1ec53a6556b0cd4c72f9c3cba8987847f4f65de788a2f39e92919563654805b1d020cb0ecd0f543beaaa8' +
    'eb5f49a0f4b65ab2fea2228b4c6dfb476b70f9fb565484b8d356466c699c22fc4ea42c525b57e6ae999258d8972960cf421afe36184099' +
    '554bfcd1a61db6ee6db6e639b2b8ee362a231f4dd5dcb8330a38bab98dc707a00af9d28032cb582bb4666f6c0fae7930579a4077ba2bd4' +
    '90812395d50cce90110978eb4a587bd83a96929f8d9bf5d4c00be6355a1e0e397499a3199f123701fea623b033f560fb89d48169d56bf0' +
    '80155a04f0af9497d6f0abf11c4530fdd79fcb24d85d6095c059965a5885e758d5084e251989aa5bfc9a625bd00753a90e450defe61adb' +
    '127c80b4ffc8e99a60721891707ef2b6201a8f98f323b5f5b0e9dfb387b794a48e7a90546332d3131b0be4f7872be9e1e5a3c6eb5a73a0' +
    '7ac8ae833f6daf7396331acb2021af456981804f',
  tag: '69feb653d7dfb8efb4c7fb6a9288fe3f',
}

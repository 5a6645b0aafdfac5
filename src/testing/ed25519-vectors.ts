/*
 * Ed25519. The key is that of TEST 3 of RFC 8032 section 7.1, and so is the message. What is wrong was derived from it with
 * @noble/curves, as test/testing/vectors.test.ts does again. Hex each.
 */

/** A signature, hex. */
export interface Ed25519Vector {
  readonly seed: string
  readonly publicKey: string
  readonly message: string
  readonly signature: string
}

/** RFC 8032 section 7.1, TEST 1 to 3 and TEST SHA(abc). */
export const ed25519Known: readonly [Ed25519Vector, Ed25519Vector, Ed25519Vector, Ed25519Vector] = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe' +
      '24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302a' +
      'eeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed2' +
      '8dc027beceea1ec40a',
  },
  {
    seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce8' +
      '0e2a9ac94fa54ca49f',
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac1' +
      '7ad9bef1177331a704',
  },
]

/** Signatures over the message of TEST 3, each wrong in the one way that its name says. */
export const ed25519Wrong: readonly (readonly [name: string, signature: string])[] = [
  ['R moved by torsion point 1, so that the equation holds with the cofactor alone',
    '40a4cf5c611d737a2f1c6fcca84d9cabfed80987f186a5a6c57e629bff1af27f6027b1e4d5bfc5b045ec91c9ba188f77cc122235908dd1' +
    'd9abe190b26509420a'],
  ['R moved by torsion point 2, so that the equation holds with the cofactor alone',
    'af6e8e63f857d90bf1afb0d2cd8753a15efed2964adc823c24f85082207e073e2a5b9c38e1c69b4f0cf0a9273c14daf270ccb8a5863837' +
    'f8cb5fbc95e711f908'],
  ['R moved by torsion point 3, so that the equation holds with the cofactor alone',
    'cdbc161be64c4302f56443ff29ccf36a2075be1a1fa67ff126b56315f5681c38f263604514309f10f7eee98a510ac2dd3f06a725d2daed' +
    '946e2e08b653097109'],
  ['R moved by torsion point 4, so that the equation holds with the cofactor alone',
    'feaf9d07b868cc52786305312c376563c622b0386a10d105e3c1501b28d65f7e242e3cb939f03d972f5a890b5b278ada39134c225db95d' +
    '78521ad9417ccefe06'],
  ['R moved by torsion point 5, so that the equation holds with the cofactor alone',
    'ad5b30a39ee28c85d0e3903357b263540127f6780e795a593a819d6400e50d807714a835b4f76d45f0ffcd0d34ee1dd234e62369a30fe8' +
    '0c9cb41cf0b8147f07'],
  ['R moved by torsion point 6, so that the equation holds with the cofactor alone',
    '3e91719c07a826f40e504f2d3278ac5ea1012d69b5237dc3db07af7ddf81f8c10f0c9e4cd6dfac8000c19afdf1928f23c0cab3e6f5e545' +
    '8243e0cade2b5e7d00'],
  ['R moved by torsion point 7, so that the equation holds with the cofactor alone',
    '2043e9e419b3bcfd0a9bbc00d6330c95df8a41e5e059800ed94a9cea0a97e3c7488f1f7be2f17a736d8dcdf7cd613baad14c9b75d3a779' +
    'b2fce1af09532e4a01'],
  ['R of small order, torsion point 0',
    '010000000000000000000000000000000000000000000000000000000000000089653588ead4771e2326253c8cc167ed5f891f0c238314' +
    'c9d136bb6e54f2f206'],
  ['R of small order, torsion point 1',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a228ce8f8b3bee001153c1b0d9b35198e08006312ef8eb3' +
    '219ff098348ee6ae04'],
  ['R of small order, torsion point 2',
    '0000000000000000000000000000000000000000000000000000000000000080a5b14c72a82390550538298380d0249a59e939fc63c144' +
    '28dafb02bf6829a00b'],
  ['R of small order, torsion point 3',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc054b814f971da52b165b617b1920a97868d1d4b89f5ca277' +
    '93090363c496f44f07'],
  ['R of small order, torsion point 4',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f019f25e027fa8b51bcf1f4da4ae8a7929546930315ad8d' +
    'ef6168a2e74318390f'],
  ['R of small order, torsion point 5',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85dbfad7f60c338b1ca062254b813ec5a34759956dd458db' +
    '94ddb078b0a15ad504'],
  ['R of small order, torsion point 6',
    '0000000000000000000000000000000000000000000000000000000000000000555b3e86cfa4794dfddda07807aab942ab2e8f6c868361' +
    'b235d13bb1e2a98804'],
  ['R of small order, torsion point 7',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa4eb86d8e95bf25b0ebcf4e2eb3aca919005244328c30c6' +
    'ba72c90f27c3500b00'],
  ['R of order 1 in encoding 1 that is not canonical',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f620ae1280170f1ff1b92660606e73b8834b78fac04b1f3' +
    'd6e438a19ae49b220f'],
  ['R of order 1 in encoding 2 that is not canonical',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff4396619cfd1f99d7862a4e48b78153f5daa3ce6e387259' +
    '2d72a500258b1ad80a'],
  ['R of order 1 in encoding 3 that is not canonical',
    '01000000000000000000000000000000000000000000000000000000000000801808450be2d3a8564655d9ab6b7d251e87f1272b4ba03f' +
    '8caabdc1422c12e70a'],
  ['S plus the group order',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac05d391b0a77904e98404ef037747a56e4a7c15e9716ed2' +
    '8dc027beceea1ec41a'],
  ['S plus 8 times the group order',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac809e4a3b602f8551614eb4788d1cbe004b7c15e9716ed2' +
    '8dc027beceea1ec48a'],
]

/** Under keys that are wrong, signatures for which an equation holds: R = B and S = 1 under a key of small order, and the equation with the cofactor. */
export const ed25519WrongKeys: readonly (Omit<Ed25519Vector, 'seed'> & { readonly name: string })[] = [
  {
    name: 'a key of small order, torsion point 0',
    publicKey: '0100000000000000000000000000000000000000000000000000000000000000',
    message: '02',
    signature:
      '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000' +
      '000000000000000000',
  },
  {
    name: 'a key of small order, torsion point 1',
    publicKey: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    message: '1c',
    signature:
      '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000' +
      '000000000000000000',
  },
  {
    name: 'a key of small order, torsion point 2',
    publicKey: '0000000000000000000000000000000000000000000000000000000000000080',
    message: '06',
    signature:
      '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000' +
      '000000000000000000',
  },
  {
    name: 'a key of small order, torsion point 3',
    publicKey: '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    message: '0d',
    signature:
      '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000' +
      '000000000000000000',
  },
  {
    name: 'a key of small order, torsion point 4',
    publicKey: 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    message: '0a',
    signature:
      '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000' +
      '000000000000000000',
  },
  {
    name: 'a key of small order, torsion point 5',
    publicKey: '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    message: '02',
    signature:
      '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000' +
      '000000000000000000',
  },
  {
    name: 'a key of small order, torsion point 6',
    publicKey: '0000000000000000000000000000000000000000000000000000000000000000',
    message: '0a',
    signature:
      '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000' +
      '000000000000000000',
  },
  {
    name: 'a key of small order, torsion point 7',
    publicKey: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    message: '02',
    signature:
      '58666666666666666666666666666666666666666666666666666666666666660100000000000000000000000000000000000000000000' +
      '000000000000000000',
  },
  {
    name: 'a key with a torsion component, where the equation holds with the cofactor alone',
    publicKey: 'd1e06adf4e05e248e1e52beca14b6be4da0af01b41645d2849b407ec22f41dc7',
    message: '00',
    signature:
      '205b0f537994e4754a69d556e021685ffabc6150ec47b726dbce0a7f6ee57dbd0b916ee5b07f389badc472655bb826ca50b452fca06e88' +
      '0c93568dd8f7d3e90a',
  },
]

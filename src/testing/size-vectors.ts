/*
 * Of the lengths that envelopes have, and at the borders of blocks. What goes in is `sample` of a length; what comes out was computed by
 * node:crypto, and test/testing/vectors.test.ts computes it again with other libraries.
 */

/** Length of a message that is signed: more than 64 KiB. */
export const LONG_MESSAGE = 70_001

/** The seed of its sample. */
export const LONG_SEED = 5

/** PS256 over that message by the key of rsa-vectors.ts: base64. */
export const rsaLong: string =
  'dK1pq3yqY6+LWqPQq7ivuNZmFbQvWVf58FHi0DOspx3v/n8HTcYdNczz3/7d8UwLWbop2x+EtaTQQXTICEAk3a1xWK+T3c9yTan80vMHHts+On' +
  'BXQa+HQl96jTxkV1mCBmpF2aBlemyODXjvuHxbB5wOYTAPqrFUD7bjfgHN6xt8dWMfkSM/E7ZtdYf5e491/kEICmgOpOxXCSS8inVsuHo8Xtkt' +
  'myXiLKerKh6jDgnsjznUbYpIWRba3fUu+OyATxJONLl++JLRzmg7t1T8woO7+VWOa3K8T+AU80xaEKZhrofwadRbs/dnMSiphrptxQBTMkwKiB' +
  'w53fafxNcMIMGwTjweNLz45OSkd0UCTwHb5Uy9+RrhtQ8NGwSKogNJBdRZ3HlVORKg3WEf9BxwT1bSrP6HwJrlQD0hJ2Raci0qtzjcUAGuMTlS' +
  '5hR1ykOKURWE872XLTZ1S7jfjnEoXPn+4pWzOAH62t0klSMrEuYOIfpa4OTnXbzbpeA/bggI'

/** The modulus, base64url, of a key of 4096 bits, whose private half was thrown away. */
export const rsa4096Modulus: string =
  '1sPQfOJNnYu7VioN_KKo4BRWa5jeskVoYPCmZ6StlF_aT4t7uGxSJrBw3DlIWyhczd568i9lAjTydVwEwXVPr7smkuhFSatUPlizFGxNJyGGFh' +
  'LOIRdfe0eKH6GxUdrVZbJxq-xxRdPLkMmpcf0Jkqi2GDD_3CzV4nPWvXBGfjim6wmUDJPfOZKXF4eZEft6lSkoax_k9ca0JutLXJ4CvQmzk-N0' +
  'ZhHEOmIqgrQ9NTX7DwWdyzWI8O0PCBeZPBnSM2kO2o45XjiRqCvNPcfTXLmJ9Q_zgkEbc2HzxQCpOFQ_tOMNFxosWknYcTYzMluL5i7RssybCi' +
  'KcH_arGUs1Nl46P-6QCNsIeLwZwr1SGxvPqSqEqpFCWOmMDnPWA7931aqtpWqx1KBv9xzEcnTtS_Y4cvUAK8WCgUM4CP8Mq3G4FqTMoCQUCevx' +
  '4sJCBni84ngP5Gw1MXv-3igIMjifR_1vpFc3QcR9Tl_8W-JKDUuGlC-ojthEI2B1boMi53-DS-vbTbiVPevsRxQ1y8STZvOtcdhvnWZP37cd68' +
  'XbkauIdpaZi2WqX8wwv3iY7_nL7JNA84pT4_0iEAu2zf3lWDLpn0HDPKEqIq8oW9vWtwKXKJ1CvoqPs-xCmk4a1HWsASh2iMtfjQanmwPNRs_H' +
  'vj1zA1WgNNk2yHYISJC-1bs'

/** PS256 by that key over that message: base64. */
export const rsa4096Valid: string =
  't2zciCsYOshhHof+mCD6sWinl0yE7tMCsgmAFsacq68pXtQ/1b91LXEyHykJAqGDNDcdpwhNnq9XVQIuj7ydbFIEHzS9acICKFiwqPzoOIA2Yf' +
  'B6E4m/ZrDohigfkygy5GZfT89H5nOgS0fQyzmYfRhUiyiEsvz2Xs/BnFQbXii/d9P8s82xuE1X7jCSS+8YciMzSyys3Fi4U1a997KsZekd1Wr0' +
  'NQDSoRTuSaA/HcEQdeRKWKVbjJTjanZdbKvK2yVTI3NJUZR70M93O5eiRPRP+ILFmcBBjTEcr4XleBAbXShHJ6/ewDbA190O0Yl5eWNmV93PUR' +
  'prMp5q9X+t4aSn/+DUWEmdzt5pTNpKd8Z8yJ4LbXRV+Gc0835hD2RTchRjBU3uaDdG3UZ/yiPe09pNqTEBAWyYc2YTOpmO8MF7eMdpTV2cu9L7' +
  'jbbkD+nlktyHaXH7M27CK5JQJlPbgfSdypg+PiOJzGTJSrlpQgpVTiR09gJ1d4bhXBuxpNdTw/to6gOFR4O2rBN5V7ilwp1DmaJCrke+ekpFXK' +
  '5wrpfDKvhXHYfwg+RAnP33xwKiTv4aXOTwrJ9TTe1Zh9HvYjwu8ypLUEDnVRGSyjQMdREajvqNfqMZ1AZUFb1c40S6VJJeiAhLwxiNBmLmkMGN' +
  'trtDQK6fRZR4fuY8FBhhXNg='

/** The same with a salt of 0, and of 64 bytes. */
export const rsa4096Wrong: readonly (readonly [name: string, signature: string])[] = [
  ['a salt of 0 bytes',
    'PMSThS3mW6qqh/QS0cEYYDfhwKG4yL9+IkFjTiIMivNLNIvMN8usl9lkdjgizMnSsAj7w10hJkB9yKEHM1P62lKLjTMspbmHvkRKmSx/BZjcyV' +
    'EpnhlEJlDgGXPx7iBLdeGQfGd+dqlsj+Hmq7at16M1V1jRHiUCJ0UNoV+xkqyVxjw09QFGS7oibsPmxFlmrmwq27tawq3Lbi+ppyLCiKDmTD3F' +
    'pVN794f2+45RxhzTV+ArzyVd+68hL9xR4zB4dF/Hrc5vF567Vi8NydjmJmY3DtrA6DbLjbCYL5HBrPNcNVUvyVhAbV6E3oOBKlm/3f2Q+nwsN7' +
    'QH84wYvdgj5TmMJtt40Q4POsy/MAFk0W7ZzhjbbOgxnajgHD6W5dgSrpxatkxuAjzJTzVhikyx37O6CogI0LUfPVy4XaBnIuFilc1ksXL49zX9' +
    'NY48t8dbN6P7BJr27QgW2sov/alUwL0CMd2+uDLWyyVX6dXVAUozYDaIkSBMlFjiRwcgHFYeejtqpbCzV1NDU3e4gpRPWe/CyMTT0/I1s8d0AK' +
    'KRifow1TaJtm+hI0cKhtLnZnM3axjXI26Us4L9/oIn/gVa4T/q8XprzrijHVjMwxlJhM8as77EUigQs+zyH8XzFf4defQB/9PdyIGXDlUf5uSe' +
    'Ch5ESnCtO802Xv97z0JBevg='],
  ['a salt of 64 bytes',
    'f6X7J0XV/pcm65nOsHfSV5xPWDgIX3YdQTBBPO2QlX2YEGrPYqyfeiW86m0uVVWdwnPbsyhLYyPAYHKWTRJ+aYr2/GaBRuAe2u1x/ASmk/rh65' +
    '1jeLkZ5QHtEEjzyHBkfX88fBoeb6+svF6KRSfLxCncJfkfyAnktUZ+XIVU12eJXbcAW0iNamudmEFf2jDUoG6SPhby2S9hqoCaD3nIs6OIKzWf' +
    'B4s7S79ocNI7E1I95UulceNFsEsJ4tnsxrDIP2/ihX2EiJa4p9ff9C8nS5UPBvsG82BKNgZ43tvFFjmFtgPoKGOLQXOdJVHnVwsnU8pDvB9Lrl' +
    'aHvx+oBFS3aPMlIhyn2SlCI7yFrJ1LAhZckWf73WrgwGnEfOzgr3ZYmwnoOB7wDcWRX1uwTEzpHXaX2L5yNgu1AyEcIgkboyY7ySrqIynFXynO' +
    '0QpyjX31gy9guxx50ZXQTDsZxsjaVz31VoFcGo4RcZcDyYcrbTMCTJ6AR0KuJNdGM1sD0oao45gadSEALEk7q8jwjeLxQzbY4+BY0tAAzAZ/nX' +
    'TPWyNVX2bIT8J+dgyW6J73H7v+oT59Om9lSVGDKK3vBAl0ibUiNlEiwGinX6h+hdyN+pe7fxe/uV1Jwcjy1VXm6qFgY+EVv3axbJhiYVErr2LJ' +
    'My55uCwbaRTIIjqxfQ12RpQ='],
]

/** Ed25519 over that message by the key of TEST 3: hex. */
export const ed25519Long: string =
  '9cb6a5294338c2ac81000527f203bd6a482fb78bc1e10fd85f2bd9c6cf747f060d7e18b1767dfe784dbaf44bb023cb8b43d5874993c09e' +
  '65de36535e4871b003'

/**
 * Messages under key and nonce of GCM's test case 16, whose ciphertext is a sample of this length, and their additional data one too:
 * the tag, and the SHA-256 of the plaintext. The lengths of a chunk of each size, and of a key slot.
 */
export const gcmSizes: readonly { readonly length: number; readonly additional: number; readonly tag: string; readonly digest: string }[] = [
  { length: 32, additional: 131, tag: 'cb8dd04f821aea7c22bbfd6fe3616361', digest: 'b139a50c5fc8a89887d81ea17c3b170a1c344642626dda2e051ea28f93456c6f' },
  { length: 32, additional: 300, tag: '37c5f29aebf9141adc7dd203c3c585b1', digest: 'b139a50c5fc8a89887d81ea17c3b170a1c344642626dda2e051ea28f93456c6f' },
  { length: 16_384, additional: 0, tag: '79fc48bb4664e5585ddac29aa3822f52', digest: 'c0c713dee0a2fe07a8a1801b52f615167c32980be38caefe7f2c715408965c22' },
  { length: 262_143, additional: 0, tag: '4710e5be02396387858cc52c7cdf8163', digest: '95701171f003e03b7cae030661095419b4c64a38cf39bb1b4683c337cfa5909d' },
  { length: 262_144, additional: 0, tag: 'bc33f1408c79b6c43cfe60b36ebf3fc3', digest: '1b35c86cdf00637842a6d4bd39bf3ec063c7b8766707ac504fd75daaa8972c04' },
]

/** HMAC of a sample with seed 2 under one with seed 1, of these lengths. */
export const hmacSizes: readonly { readonly keyLength: number; readonly messageLength: number; readonly 'SHA-256': string; readonly 'SHA-512': string }[] = [
  {
    keyLength: 32,
    messageLength: 0,
    'SHA-256': '2493ee1fb696577010323bcc4527ef1357daf082a82b8a3dfa40bc1ad7a27da8',
    'SHA-512':
      '124587a8acac542f58d6a9307f7d01cfac928437b9531bd9625708ef6f9e25a9ad7b47d49e90e71efd43f670a8553428480da3819de561' +
      'ab7b2290e21438f459',
  },
  {
    keyLength: 63,
    messageLength: 129,
    'SHA-256': '4b7fdf75cea3bd84b509e1d4db6eb9104aed4a4ad800c74da9a7b6fe1ce21b80',
    'SHA-512':
      '40764fc0da713735dea87dc3035fbbb2a7388fb6357c9d97de5a490b895074037e61d9ebb970a58a8fb362ea8c9a490563be3205504653' +
      'a1f86f5ef73e2ee5e2',
  },
  {
    keyLength: 64,
    messageLength: 1000,
    'SHA-256': '1b5de9503d15cbfb4f837e5fec7dc0eff686406a127d8bc14568d5337171ffbd',
    'SHA-512':
      'ea7f3c67b591c078de2e5a6327d6304f5cfdf4a4ba9cd9c4c8c6585c58755b22c1be04eab25c0d31766f61f6d4e6a2114cd1981e2b795f' +
      '14d638ab4442eaa8a7',
  },
  {
    keyLength: 65,
    messageLength: 55,
    'SHA-256': '2257d42df9216e3a05134d945aba0a91b251bdcd9b27f9820a7d3ec42642a805',
    'SHA-512':
      '70a68ead00760206604ae8e4a8e4988c1eb17889ebe2267d861fd491bc70ec65ae219517edc48a3ead25d6a026d95429e5eb7d047bfa30' +
      '655bc32725a5aefab5',
  },
  {
    keyLength: 127,
    messageLength: 63,
    'SHA-256': '163742a3f258d7147f7a75f46b6468f6bff257a1851887017fe2de15d2600706',
    'SHA-512':
      '4960edc653a7256c23181a31177553cf2fa3722ec39f3d4977c95de12ccac7b8e3d72ad888f26f6f6a696172d161f3fc5e4fe5c9a97222' +
      '699a666919d54e665a',
  },
  {
    keyLength: 128,
    messageLength: 64,
    'SHA-256': '677f99242f1a8720d767950d3e3de928a9331c0ff278745c17d0e1375f9ddcf0',
    'SHA-512':
      '3625d0cb4ac5f5d6bf9f771f50690d61bab31b4f47d3db814bb3dd3aa2d88eb0606816878e12a6311e2fb601df6d8b5c19eed457a3efc5' +
      '9ce4b1bfb398c7b0a9',
  },
  {
    keyLength: 129,
    messageLength: 128,
    'SHA-256': '7340a60b8dc3774f46627c5ad9efeaccfd9ee20f86b4353283a1d4ac42e60145',
    'SHA-512':
      '9f9dc948c45717827ca27254ca787c85942b2fb6ae2ee915c349cdff746cfef19e3a1a249d1aa856186f9cbd440422bf68d937f6e4147e' +
      '3ac9f6d17498766a7d',
  },
]

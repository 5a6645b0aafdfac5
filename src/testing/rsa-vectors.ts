import type { PrivateJwk } from '../crypto/backend.js'

/*
 * RSASSA-PSS with a key of 3072 bits that was made for this file and is worthless, since it stands here. The signatures were made
 * by node:crypto, `mgfSha1` by micro-rsa-dsa-dh, all over `message`; test/testing/vectors.test.ts shows that each is what its
 * name says. base64 each, as they are longer than other vectors.
 */

export const rsaJwk: PrivateJwk & { readonly kty: 'RSA' } = {
  kty: 'RSA',
  n:
    'hBfLpKWztNGyM_DfpF9qHTT_yr8Cra4IpvuXnlU6QnyM2CHNk83-WqyafTxg19yt6Cd458xfPW9izrZiwAua0NluLAlzmnZGwrOa8DVimG2XT3' +
    'gQ_CwiZPZxCnAV4lVAQ1kgxC16kBJxPa3L_e9VCA-7w9NXr3AJju7dcuXuPiLo9NdfNZfYs93QdI9nQiKlrtkUAYMueQD9pqJzkF7ubjkKcngW' +
    'Y94Cvh7zgd0OQF1wGynT53Ei5cpmKH9BahHpb3m0JrXv18r7vLF7OB-HY_9O4rgJ9MFbypNb8_yN8uN7D3kk1Oa0rn_FHeezKaTGltUtRUqBCk' +
    'HNoP6JKAP1p3YEYmLCFrHzJyFzWeNKsmLyDxcO99FKRqiWnfstSgvP8Jjp1E9V93QA0kRtVbksNFHW14fbnihvnSNn6xJYd2oRhyo-WqcEg3hW' +
    'iWFxC0a_zL0GuHdpjR_UZL795-5kiEnSFXuCQRft4OEzbYPOG0JMRfdLrnJTGr7qGcB-Orq7',
  e: 'AQAB',
  d:
    'BL-mPoEGeNWhBmT-ZTZY5jvlhjBftEaxYO9if_qoYYOAvLRaY5ngLvpNg3sMMDZquhHRMuQR-G9sqem8mxLPufpXD5Y3ZbIi0RUL2N7ScJBgBC' +
    'dY1PfxNJf3cFyfLMfLy6AEoYjRAyTmlUUONE7KS8PlCCEs4c2xSkYkB-FkMy-mGEc10QNocu7ic45ENAhy1FpRccx5ezgh5j-oz-PZxnSef4b5' +
    'pxVwG82ZC24a-Q1i3lcemw9iJcik64fHnjyOjo5kOhfvoxRwcWoHh9cTm5QpHcS3xmkYRfgbtz82tn4vgCFwFZ7soy18EtL20-Tl2dzgt9sFbg' +
    '0IxmY6irznnE-lAJPKZoUC_YvcxRXX92ZIHgVRXT4QPXGfmUsc5OdveOICmXC-tADdv5E9T3TgTiuWF4pDme5VvuLQk_PGsZxUL6bvVxZiQiH-' +
    'gAq4xTjJTGjjMMJ0zJfi3tZvOqzn53m3qJsnp8gdd4FWM5-OueNZN_cew5DA6VzkqaKKqY-h',
  p:
    'uhJNe2vAZc4Nu2BwExrqxGgT5QQZEIR-bpFyMBa6gGh_R9Lduh3qMu6B6kyhVw1rLJL3HAUYQWbmKN2nM--XzDOTnY5ztO243Nnl9RPU-jHTjI' +
    'snoWCF0_XLfz6qMfOjmBGOrBJL26EpJWskxj9MGMyf4tiyD5cs6J69HmvbOXFiZrRaQq5x0UW9osvhukZH3afCbVu6B5LJEvRRwVcUvZyVwAFn' +
    'ogJ444-Dhm_9FYB9y6KdIqAFojHbTCoDP45t',
  q:
    'tbxJfvB2Zc9YShEMrhRRk-F6PPXWeTkYkkueNXQsXKaqQGBHNPha_NuqnHUTr2pmamWSOWGFWp_r4IyR4CV_MPar2ujYWES3L-Q0MM4KqgoN9g' +
    'DjJdLVc8zCHES_8PED4-KviTu4UOVXaSfbZDWp4bnG6jbcmvYhikw5DxxsI__grWC0EGUV5lOPjVntNCWSwFbwqh1BOkjdYwkJCsJ-sNtmrPev' +
    'YdNBvm1Re4gLG0NswnGBfKllJVbxaGeB7JTH',
  dp:
    'JstqHDF7C77KXibdNx6FlC2e-EDCeQ8mzSbGCAC1IdCnuPHeCM_z5GqV66POf7fsgH6jxtPJGtm5YwvTsKBjpc-bF158AV0PDfzgVRitbvy0fr' +
    'kEqkDVpju5Ee6ezYtesHX4qSenaUNQsNyF7k-ELid7rnA_r8B1PIrcI1uZeYCKY592sjBsypUf1LFtfsjocu5nOyXEw493HNyTrxvY1y-uiTnB' +
    'waWCTu-9HGp8-d6wW6Sr3mw-wHJkppyb0MSB',
  dq:
    'sArgNvK__gdIQxcY7VgJXfLA8mRBidPhFXXin20Vu_pGWW3qDEm3-dDgCAbxNq8e3lndt2_cOdlIKJCCjlpERy3rc3aye2609NNeKxisA-MRew' +
    'eJAY6l7jKepbuDIuaVGh7wY0NSXCqM7fQJ9Zx2H45SPXc_Y2yhONJ1Q0oJByZKgih2xJrnB-JR4F8IA8eRzHdrUZ5dHRSQP-r0s1OMXc1qPIsB' +
    'fQWjXc-PatZxy8sYg5JoGFYPAIij-LqrhHzp',
  qi:
    'DaqOMPOTl3CaKH9jzFHnf-hojeEge3yYJGyXgyunoGpfn0bhhYucWB7kUbUP8Xd6UX7ZJ-A06ftk8UGzcKPdTkzr-O5nkZL3FKmJjCCpen1cia' +
    'lmTwtAGIqAmBAzr8V13AbtkAVaF_0KSVd8ZiRhV3RgzL3SvFJysTbpN_gvRRTEL0QcJ_ubTyF_dOzGWIlORHXDoDK7uSkY8ZEzBexC_ct0HumD' +
    'E5yS6GN-auV0RIoyFe8oKAURb5HY3O_KjM2T',
}

export const rsaMessage = 'otaseal backend test'

/** By PS256: SHA-256, MGF1 with SHA-256, a salt of 32 bytes. The first byte of `leadingZero` is 0. */
export const rsaValid: Readonly<Record<'usual' | 'leadingZero', string>> = {
  usual:
    'INYR/BmZaNmM3dQXjbeSY69vtInLohWNRndu8g8ntZr0hU2YXmR3DybQ4Ors+5p5QkjyKyrrcB4r8zrIRRa+hyadp45FNQgm71z4+2JQIVuCm1' +
    'KNTgbK07OWCgpcIvnsNk1FR1qRIqk+NaOHMuvofFCuTUOWN3dtMhyYNqGNcL/xDGzbGdhBHljtro/WUNrh05CxRadaREBnOJbB18+buAfHy1Ux' +
    'MJOOyIiPmop/ilKgeZTThBFfEFKY5AWkxy6VQSJQ2TAdX6h364WfU4vKKI0kYiW2BobPu+Tw+jG4XkbeKhpxADw30m/Z+jR+WcnkhmB0445qcx' +
    'm2CsUhqO0+E10+LH+EyAD9WUkX2PkSXzmCV3BsNPx5j/n4DWCK2t1+JsnxdR/wguBr5NlKRhFevekhL7zTjlKMZD9XjhIAlwMwd2y2PnvX/Crx' +
    'zSySUdpPe1axJUZoEQzTcsPt9uMzBd7wyXwuakanMU4rxlY88lC/INBxD/3QZjoqlBuewt3l',
  leadingZero:
    'AHwV3irsEn0+/5D4A1Jio/gCJ+xh73brBgjXMEXYUxlRWmPNNhrPmEYD/mllupH2HhBCgCPInHHJSiLiyQVd1rBN/IfKdldAgpHlKbksfdZy6j' +
    'sUNICci4IYfNGfa25qKZIV95epn33kK84VY61OnpGV2kKZR5pav+N9rHpxrrBhCP2GpacyU5gPwvhFAT5DSGMheTmr0HxGwaagsy9GY8Myf/7/' +
    'PFxv8d+AsbgYFKV8HiP6msvA08M9lEGp/UFTHUn/AFbCND3txj+RE9Z32EgWuZC8tZGtQEhjdTSoJ9ZcSl84dni8OqaRA/8JYsskbdfTHgWhid' +
    '3YBnPtWPy5hhEe2iJoxBp6z7fAwJqrX8OQ0QreMNQwcyVL8tQLd/hBjEQqEldDs7kVaBzHQ36z1znJLIM1r8QxYuR9gYtYqjaJtD8XpH2cBjnU' +
    'Dc+vd06kxADjBMcVBE2UV6zMe9C4N0/OaszCiK1blrvfLkZReSzRxna4PpoU4vu/VrJJKrsz',
}

/** By the same key over the same message, and each wrong in the one way that its name says. */
export const rsaWrong: Readonly<Record<string, string>> = {
  'a salt of 0 bytes':
    'f2H1O21tMSUVT+ZkkVgmoHlazhTG3cp9ClDIJoRjqMTDhji3xiJFgdNuD09Hf4+rNqQ2ACFTbsjmgf0X2sZLOkmGk7fScz8A0FqsF7kUYm0ohk' +
    'jb9w8XY0b39ZzynLIRsH6rDIVozJni72OdYYxxRJQU8BolgCRR8yRwZy9JLIW1cpSrrbGSG5P+xh5aqGm7/R9QqLykE4CuvTAK/xWIZ02AaeSd' +
    'lox7cJYCR5AIxmAqYgdwtrvjh3iXYt1HZygN1mBNRceeKIpmukW8CVptnhlcb0GUb/OSGIYiQzbC+tNunCqdLeWiNweVeJyg67Xb95cXgCoAaK' +
    'dwgrM2nYyH9ezK+DBHdERVnTCNH7OzPDYsx/txoD6IjrWgdVSol8Sg8TsLMJPElLun3i5YHuhOyrkAOjQBxfaqi1hLTOUiepgXvLqOzHTbdD0/' +
    'l855i7xLpXDsFEhglLturF2mAZq1/9DePA1GgqlFmCSrEgzlf1+QduW8aSfvQzZ4m0pHw6WP',
  'a salt of 20 bytes':
    'Y8Gqpqg1eVb58gHqG502M72BjX1ICi87vus33gjQlX1pRFnntc66Fw3LXEfrHQfCIlk0m5xAV8+b+f5ReyzSqwsXfDtOewrI15GJD5I5S4FGHC' +
    'wwApDYGT7I8o9Szp03ZzI66R0S9pcEOdxcuU/udI+SUg4DNec7yWGf2o4p9GMOvAGiWj2/ibBir+j0O2LsUn++pm/Qi3AWY/JhSaBcQ7GuYX1G' +
    'q9pUsGcaRkhxgCYfVV/XckQxzVvMd83qOG/64ScS+EIi+arLk7PKigPj1REvLar9EKmgHzkJhn7LvRn4s3/s2weXNKsJu5eNZdpRGRoO5gPWhe' +
    'LDiZvmcLwdopaI13TsmGZNY/0tYs62QMX4E+QuNnWHgr7NMZnS04WOHCot3C8HTf5ziTID9H0VyP/dZTVNPldpNPARSdNKV53kl7a4zrQdlmnU' +
    'rSQZUhSlIeApBq5cxoffl/Si6zK1UnnrSjS1k5NR+mh/U6za8L3MOGFwk9Xb5nyTcJtdoDmw',
  'a salt of 31 bytes':
    'V0sAPHQLo+5DhJzYgaV+4XVz9Vnvs4EDSWVN8ZRdnbpLb4FJfZ7enATEP6Cu7Gui/i/gzcwyOyD5iR0fjxGWrzEZfaJwQ5ntkKTwcxQzcKvYNj' +
    'kKzOyeCmm9bT69W0MpfX6FRUSPBFnZqy5GlT6WZxYCE3mod2lnRz3/yHe8uU23i+xmZp2BBIi+8+zGy5rwKhzheB8cX/iT2Jpv20byx0KAQTYg' +
    'Xi1Mq7zFcC7y5okQ/rJwSZzHWlglOI1PPTF3wFJ1MfVLbQ1thKzL8kGcLjrxr5MY3FLINyTlIyorE4+igDK/JuW234AfiFKErl82PXr3Jcesub' +
    'QcoRIACq3LFJeNNMESK8DmTAulG7XblDrFvhzN2V4BkWpOQG0RA5GdkeNFRoodrktMdRrkPI/v1YhZwI1fGzapBHhj7ajS43MZcELOHv2oWmP2' +
    'q7sAfF28dvARd/cwXiamjU5HHgmUpn0+NREWstyUICnq4jhI2+ogCHSxJBrYV4r5hzIZY1mi',
  'a salt of 33 bytes':
    'C5JchX/UvfuoIOAQMJdsWMZgb0HQ7nBseEhICpbERyZ/1l7XHopioCBanq2hT6K2UAr1Z5WGUTVdeVCzuXSFZNyAYrNipnjmNIaHhpNDr4Fnm1' +
    'zekX8bjyE23YkK1x2/MyH25/vBFWRP4D39/ZFoclTR0jVryUjAsXHLxcVXHLK9HyMzE8rjBTXLNg9U88n7dRzPBhnnhRsRZP3yHDxLtvYCPVD3' +
    'bEsCTeDMNXIgW0b6LE8hvURvGYtIAEo+DpCnP2OQ1il8JfPJh7ZvSmaHQtNDcGd8FZOvgQBqIJSf0+Nkad3c1xBLoIx9wBXWNGAQx3qkowX2CE' +
    '/dczmlCrqaQpyjo5f2KWrXUPC1hOvs2d5DOV90OhWMGRS8M/c0qSFOURAmD5lHvftg9G43FGtox2Z62HFqrasymhZ6Tpvaix9QgsaQzLMAGprD' +
    'zsJNtO4G/Xzl9Mg/VtGk1p+rP/ZY2GqUpXqVMOf8YqKg9sdlPSDyA5yw52MGaRt8SJsCsvus',
  'a salt of 64 bytes':
    'Dfrte8qKTZ/8BEOiar4T79CkdauWApQ2ZqYwNPzylXBzhRibSe4+88H/Dx9LJgrJjfZZr3Ehw4RhavTbGFIc7Zn59m/mc83Pv/fEvNZbClzadF' +
    'Rhs/g5bxGmZ28cIrnLTb4MZ0it4xZMkQoEuQ78SB6s1OgAhhnnE1nyFfx22ye8E7dwVwb/m+KGCBnq7RQaRLy+CdOvzfPjdQbu7K6ZFfHmbuUE' +
    'hPbi0k9vISIQ9GT4JsmewSgH4kROleeW3J73zBqukMx69jaOOaqBJG11Jw8uiR/ZRNssMvzapfK8vVZKNcLSBxe41zq0Vsw78QIYCEMgFlYeiI' +
    'CrGKDKd0x48MFcFVjh1eItW8kYavuk2HZkbK4rXQkK5DL51ZsulPzBVXWNu60zNU6B0kcHr45wcbh7YLb15sLYxZWxfjpwBRAq0Q0s4XTo4+Jd' +
    'aULf5HmGTBFBvOZjQQfKsFOfRbSrSHW0D+7kuSzZh39DJw5tpBeAckWhZYiZi83GFOLjdCNA',
  'SHA-512 in place of SHA-256':
    'dDDXVp3MtGjzPgH7Mxg02ehVKWXhoqI50EjV7wWoPmthgstNb4M7GjF0JzU2FMKgsV3T4E+bAXb7B44s2dc8cG8DTeuGYwyDWDNlrPtlG9cUrt' +
    'z5NkM/ejFddjWnTr0zaoHORQz+gnnWPFT/xurrVKEq9GfkklygyIBhJtLaV0AhmpkTb/b2ELbGFILu7d0HICLNpbzmljpvLTNniJ/lfLHroKSZ' +
    'dnLt2bTmoo/NMVn986uO9WIDtoR6ifcTrWmMO7GWLP5ekubRjaAujcVSuQYAhdymrlS5KI/uPvV/bQ8GfoKhT8nmKTcdjE0gTwApPxF99d0QSP' +
    '5ol+2iUQ+wZATOkuV+RZcuh7J5UAFvcySy2qPFx58COkYLCtmJcarMXe0Zxmc45ZFHLpVR29O7gn8haBLNHPy1fOCLPwxuKgFHQAuqeoD8xFL2' +
    'dOaJMAk8e14nRTR4iPjyUeH0c0w9SLWaG7Z9v450dFVgEEXNYcBUiCwTqiIcf5jBDpvyY6ho',
  'MGF1 with SHA-1':
    'GNd/8NB+Fl+K3DUy7OwiZYvDnltPc95mgpPKokyhxldKDjrfaOXsbRcINOWmwObL/YDNVXW5xxMKCuOUfPf9lI+jy+D2hWuhlUFdMY+BL4+ts8' +
    'Jyrt4PTohDeiY2WKfDnGHrIWBp+K/QVRdcNp58Bs0XgXOl7ZiY+52N0YktAzmnOtyLMF9iuEbq//WX4JbmypbOXdAjUcXBIF7SC1SugG8yQBTU' +
    'MrWEYlRaVpLXdyiG2gefZ8DzZhMenw1JCVV2ElXU7chhbPG6PyUh2O7jD6FqbiLi6hjb2iePWuD0LKbdWVW5K4J8XOHYd5OCr/ZKdFGr1MgOze' +
    'GJj7JCcTP+BCn/BPY+Q15EXExm8anYNm+Xm4DDhPCXl8pYL34dEX1auI39DRfEI1MXb7CAOj+c1vxygeOs6crCnQMymXEoqeq82D5tThRI58sP' +
    'P9rsmtWFZMYhuXtKsDwazquxjPlO3XrhLrwJ90CnAPENH+z6Rnn8b0z858EQqj08wcfjyJux',
  'PKCS#1 v1.5 in place of PSS':
    'NPKqmwEtIk8hBttqmu2GaPM8DByeoXB8blz1qxFWzsWIenZMb9rls4Pept7klMIQNlwGqRxNPucLzWRUccQ6th4cdmmQirv/enoeCYsvNLMmcw' +
    'nvcitjfOBNnF6vthVxTwZwGalfsMhIsSgntN+vjD3suUXq5evPhDUsW7+jcx+sCCrgM7LG9JQ234p57TjcOq2vkqBvIEzHMqukWRBtsLVZc+U3' +
    'D9ImBjpcPpJISyK5nCTsHlOZ2K6KUz8Au/5BZuBnX2vclcXw/sGQo4CJ+6Qymxhx7TlBKQz8PjqpT67mv7iygjjwlRlZ4pRSLwAZRWESYIPz7S' +
    'UvQEr9mbagGh7KMP4RKsWuPEU9Bo4znJJAfUHjPIoMWtKwO8HJg4+HKw+5SULWTP9U2bCfdvuG2uiF732GPGjnZ96i33Zi0d/zcXPbFvLVJqjz' +
    'MDgJbl7OKaoyHT5v8f7p+eZ/5TzmMcEdHcAImkVUuMNKSlUcPS+qztFH5rewhZ9+DJZ+CTkn',
}

/** The number of `usual` plus the modulus, in as many bytes. */
export const rsaPlusModulus: string =
  'pO3doL9NHas/EcT3Mhb8gORvf0jOT8OV7XMGkGRh+BeBXW9l8jJ1adNrXidN03cnKnBrEvdKrY2OwfErBSJZWAAL05e4z35tshCT65eyuckZ6s' +
  'qeSjLtOKoHFHpyBU8seaZmC4gLsruvc1FTMNs9hGBqERbt5ud2wQt1qYd7ruLaAUQ6T3AZ0ja+Ix89kv2HgmnFRyqIvUFk3zk1aC6KJkDSPc1H' +
  'lHGRhqeDHGeNyrAQlL6na4KB9hz/DITmMUB+sJwE/+YNN3NzqDcai6tRjIxzRN2/+0grhnhM7i5GUSpZOZOV1SLsgO+fGBwxg26rHTWiKNjrfV' +
  'uDq8Oq0PEzutNCjuJG3rLwgGqLMtxdEZx0Zod7LM3D1qKOq1u4JOlOF2LbSW9GelRstx23m8qK8jr4B0SvLHr8AWK/eSRZDm1B/pb0mSLcf6NI' +
  'Vo4DXSEPSBO33b3Rniyn14Lr3tGXjijC3vewq16VEi9fM9oLDZMLZse8vnAjgPkUrdwc/Zig'

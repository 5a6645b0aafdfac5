"""The forms of V2 envelopes: JSON, base64url, keys, signatures, trust stores. R3, R7, ... are of docs/spec.md."""
import base64, hashlib, json, re
from contextlib import contextmanager
from types import SimpleNamespace as Record
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

WHOLE, TIME, HEAD, CHUNKS = 2**53 - 1, 253402300799, 262144, 1048576                            # section 12
ED_P, ED_ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
MEDIA = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}'
SMALL_ORDER = {int.from_bytes(bytes.fromhex(point), 'little') for point in (                       # section 5
    '01' + 31 * '00', 'ec' + 30 * 'ff' + '7f', 32 * '00',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')}

class Fail(Exception):
    def __init__(self, code): super().__init__(code); self.code = code

def must(condition, code='malformed-head'):
    if not condition: raise Fail(code)

@contextmanager
def told_as(code):
    """What is wrong in form has another code in trust stores and manifests (R60, R63, R72)."""
    try: yield
    except Fail as fail:
        raise Fail(code if fail.code in ('malformed-head', 'limit-exceeded') else fail.code) from None

# --- 4.1 JSON and base64url ---
def ordered(pairs):                          # names that are whole numbers come first, ascending
    must(len(dict(pairs)) == len(pairs))
    index = lambda name: bool(re.fullmatch('0|[1-9][0-9]{0,9}', name)) and int(name) <= 4294967294
    return dict(sorted(pairs, key=lambda pair: (0, int(pair[0])) if index(pair[0]) else (1, 0)))

def whole(text):
    must(re.fullmatch('0|[1-9][0-9]{0,15}', text) and int(text) <= WHOLE)
    return int(text)

def refuse(text): raise Fail('malformed-head')

def too_deep(value, levels):
    if not isinstance(value, (dict, list)): return False
    inner = value.values() if isinstance(value, dict) else value
    return not levels or any(too_deep(one, levels - 1) for one in inner)

def exact(value): return json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode()

def parse(data, laid_out=False):
    """R7; with laid_out R10: white space between tokens is free, and no string has white space or an escape."""
    try:
        value = json.loads(data.decode('utf-8'), object_pairs_hook=ordered, parse_int=whole, parse_float=refuse,
                           parse_constant=refuse)
        must(exact(value) == (data.translate(None, b' \t\r\n') if laid_out else data))
    except (ValueError, RecursionError): refuse(data)                           # R3, R7, R84
    must(not (laid_out and b'\\' in data) and not too_deep(value, 32))          # R10, R84
    return value

def b64(data): return base64.urlsafe_b64encode(data).rstrip(b'=').decode()

def unb64(text, size=None):                                                      # R9
    try: data = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4)) if isinstance(text, str) else refuse(text)
    except ValueError: refuse(text)
    must(b64(data) == text and size in (None, len(data)))
    return data

def members(value, required, optional=''):                                       # R8
    must(isinstance(value, dict) and all(name in value for name in required.split()))
    must(set(value) <= set((required + ' ' + optional).split()), 'unsupported')

def count(value, limit=WHOLE, least=0): must(type(value) is int and least <= value <= limit)     # R14
def matches(value, pattern): must(isinstance(value, str) and re.fullmatch(pattern, value))
def name(value): matches(value, '[A-Za-z0-9._+-]{1,128}')                        # R13

def some(value, most, least=1):
    must(isinstance(value, list) and len(value) >= least)
    must(len(value) <= most, 'limit-exceeded')                                   # R85
    return value

def text_of(value, *allowed):                                                    # R85: another text is unsupported
    must(isinstance(value, str))
    must(value in allowed, 'unsupported')

def sha256(*parts): return hashlib.sha256(b''.join(parts)).digest()

# --- 5 Publisher keys ---
def point(data):                                                                 # R19, R23
    y = int.from_bytes(data, 'little') % 2**255
    return y < ED_P and y not in SMALL_ORDER

def thumbprint(**jwk): return b64(sha256(exact(dict(sorted(jwk.items())))))      # R20, R66

def make_key(public):
    if isinstance(public, rsa.RSAPublicKey):
        numbers, size = public.public_numbers(), public.key_size
        must(3072 <= size <= 8192 and size % 8 == 0 and numbers.n % 2 and numbers.e == 65537, 'bad-key')    # R18
        kid, alg = thumbprint(kty='RSA', n=b64(numbers.n.to_bytes(size // 8, 'big')), e='AQAB'), 'PS256'
    else:
        must(isinstance(public, ed25519.Ed25519PublicKey), 'bad-key')
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        must(point(raw), 'bad-key')                                              # R19
        kid, alg = thumbprint(kty='OKP', crv='Ed25519', x=b64(raw)), 'Ed25519'
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # R21
    return Record(kid=kid, alg=alg, public=public, spki=spki)

def key_form(jwk):                                                               # R61, R55: all but the numbers
    must(isinstance(jwk, dict))
    must('d' not in jwk, 'bad-key')
    text_of(jwk.get('kty'), 'RSA', 'OKP')
    if jwk['kty'] == 'OKP': text_of(jwk.get('crv'), 'Ed25519')
    members(jwk, 'kty n e' if jwk['kty'] == 'RSA' else 'kty crv x')
    must(all(isinstance(value, str) for value in jwk.values()))

def jwk_key(jwk):                                                                # R18 to R20
    try:
        if jwk['kty'] == 'OKP': return make_key(ed25519.Ed25519PublicKey.from_public_bytes(unb64(jwk['x'], 32)))
        must(len(jwk['n']) <= 2048 and len(jwk['e']) <= 2048)                    # R20
        n, e = (int.from_bytes(unb64(jwk[member]), 'big') for member in 'ne')
        must(3072 <= n.bit_length() <= 8192 and n % 2 and e == 65537)
        return make_key(rsa.RSAPublicNumbers(e, n).public_key())
    except (Fail, TypeError, ValueError): raise Fail('bad-key') from None

def plain_key(given):                                                            # 6.1: PEM or a public JWK
    if isinstance(given, dict):
        must('d' not in given and given.get('kty') in ('RSA', 'OKP') and
             (given['kty'] == 'RSA' or given.get('crv') == 'Ed25519'), 'bad-key')
        return jwk_key({**dict.fromkeys('nex'), **given})
    label = '-----%s PUBLIC KEY-----'
    pem = isinstance(given, str) and re.search(label % 'BEGIN' + r'([\w+/=\s]*)' + label % 'END', given)
    must(pem, 'bad-key')
    try:
        der = base64.b64decode(''.join(pem[1].split()), validate=True)
        key = make_key(load_der_public_key(der))
    except (ValueError, UnsupportedAlgorithm): raise Fail('bad-key') from None
    must(key.spki == der, 'bad-key')                                             # R21
    return key

# --- 6 Signatures ---
def verifies(key, by):                                                           # R22 to R24
    signature, public = by.signature, key.public
    try:
        if by.alg != key.alg: return False
        if key.alg == 'Ed25519':
            r, s = signature[:32], int.from_bytes(signature[32:], 'little')
            if len(signature) != 64 or s >= ED_ORDER or not point(r): return False
            public.verify(signature, by.signed)
        else:
            n = public.public_numbers().n
            if len(signature) != public.key_size // 8 or int.from_bytes(signature, 'big') >= n: return False
            public.verify(signature, by.signed, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
        return True
    except InvalidSignature: return False

def read_signature(protected, payload, signature, typ):                          # R12
    header = parse(unb64(protected))
    members(header, 'alg kid typ')
    matches(header['alg'], '[A-Za-z0-9-]{1,32}')
    unb64(header['kid'], 32)
    text_of(header['typ'], typ)
    signed = f'{protected}.{payload}'.encode()
    return Record(alg=header['alg'], kid=header['kid'], signed=signed, signature=unb64(signature))

def read_signatures(head, typ):                                                  # R11
    for entry in some(head['signatures'], 8): members(entry, 'protected signature')
    return [read_signature(s['protected'], head['payload'], s['signature'], typ) for s in head['signatures']]

def scope_form(claims):                                                          # R55, R61
    for time in 'notBefore', 'notAfter': count(claims.get(time, 0), TIME)
    must(claims.get('notBefore', 0) <= claims.get('notAfter', TIME))
    for names in 'apps', 'channels':
        if names in claims: [name(one) for one in some(claims[names], 64)]

def read_link(text):                                                             # R55
    parts = text.split('.') if isinstance(text, str) else []
    must(len(parts) == 3 and parts[2])
    claims, by = parse(unb64(parts[1])), read_signature(*parts, 'otaseal-link-v2')
    members(claims, 'key notBefore notAfter', 'apps channels maxSequence')
    key_form(claims['key'])
    scope_form(claims)
    count(claims.get('maxSequence', 0))
    try: key = jwk_key(claims['key'])
    except Fail: key = None                                                      # outside R18 or R19: names nobody
    return Record(by=by, key=key, claims=claims)

def store_form(store):                                                           # R60, R61
    members(store, 'epoch threshold minSequence keys')
    count(store['epoch'], least=1), count(store['threshold'], 8, least=1), count(store['minSequence'])
    for entry in some(store['keys'], 64):
        members(entry, 'key status', 'lastSequence notBefore notAfter apps channels')
        must(entry['status'] in ('active', 'retired', 'revoked'))
        must((entry['status'] == 'retired') == ('lastSequence' in entry))
        count(entry.get('lastSequence', 0))
        scope_form(entry)
        key_form(entry['key'])
    must(store['threshold'] <= sum(entry['status'] == 'active' for entry in store['keys']))

def trust_of(store, keys):                                                       # R62
    kids = [key.kid for key in keys]
    must(len(set(kids)) == len(kids) and 1 <= len(kids) <= 64, 'bad-trust-store')
    trusted = {key.kid: Record(key=key, claims=entry) for key, entry in zip(keys, store['keys'])}
    return Record(store=store, trusted=trusted)

def read_store(store):
    with told_as('bad-trust-store'): store_form(store)
    return trust_of(store, [jwk_key(entry['key']) for entry in store['keys']])

def given_trust(trust):                                                          # 6.1: plain keys, or a store
    if isinstance(trust, dict) and 'kty' not in trust: return read_store(trust)
    keys = [plain_key(one) for one in (trust if isinstance(trust, list) else [trust])]
    entries = [{'status': 'active'} for _ in keys]
    return trust_of({'epoch': 0, 'threshold': 1, 'minSequence': -1, 'keys': entries}, keys)

# --- 4 Head ---
def read_head(data):                                                             # step 2 of R38
    must(len(data) <= HEAD, 'limit-exceeded')                                    # R2
    head = parse(data, laid_out=True)
    members(head, 'payload signatures keys', 'chain')
    must(all(isinstance(slot, str) for slot in some(head['keys'], 64, 0)))       # R11
    signatures, signed = read_signatures(head, 'otaseal-head-v2'), unb64(head['payload'])
    chain = [read_link(link) for link in some(head['chain'], 8)] if 'chain' in head else []
    header = parse(signed)
    members(header, 'app version sequence created bundle body', 'channel runtime expires meta')
    for part in 'app', 'version', 'channel', 'runtime': name(header.get(part, 'x'))
    count(header['sequence']), count(header['created'], TIME), count(header.get('expires', 0), TIME)      # R14
    bundle, body, meta = header['bundle'], header['body'], header.get('meta', {})
    members(bundle, 'size checksum type'), members(body, 'alg chunk salt commitment index')
    count(bundle['size']), unb64(bundle['checksum'], 32)
    matches(bundle['type'], f'{MEDIA}/{MEDIA}')                                  # R15
    text_of(body['alg'], 'AES-256-GCM'), must(body['chunk'] in (16384, 262144), 'unsupported')       # R16, R85
    unb64(body['salt'], 24), unb64(body['commitment'], 32), unb64(body['index'], 32)
    must(isinstance(meta, dict) and all(isinstance(value, str) for value in meta.values()))               # R17
    must(len(exact(meta)) <= 16384 and bundle['size'] // body['chunk'] < CHUNKS, 'limit-exceeded')        # R17, R5
    return Record(slots=head['keys'], signatures=signatures, chain=chain, header=header, signed=signed)

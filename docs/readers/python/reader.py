#!/usr/bin/python3
"""An example reader of V2 envelopes, written from docs/spec.md alone. R1, R2, ... are the requirements there."""
import hmac, json, sys
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
sys.dont_write_bytecode = True                                                   # leave the folder as it is
from forms import (ED_P, HEAD, WHOLE, Fail, Record, b64, given_trust, jwk_key, members, must, parse, read_head,
                   read_signatures, read_store, sha256, store_form, thumbprint, told_as, trust_of, unb64, verifies)
from manifests import entry_form, object_list, unpack

MAGIC, MANIFEST = b'\x89OTAV2\n\x1a', 'application/vnd.otaseal.manifest+json'
MANIFEST_SIZE = 67108864                                                         # R71
P256_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
WORST = ['revoked-key', 'backend-unavailable', 'bad-signature', 'expired', 'not-yet-valid', 'out-of-scope',
         'untrusted-key']                                                        # R26
same = hmac.compare_digest

# --- 6.3 Which signatures count ---
def scope(claims, header, options):                                              # R59
    now, off = options['now'], options.get('clockTolerance', 0)
    for part, names in ('app', 'apps'), ('channel', 'channels'):
        if names in claims and header.get(part) not in claims[names]: return 'out-of-scope'
    if now + off < claims.get('notBefore', 0): return 'not-yet-valid'
    if 'notAfter' in claims and now - off > claims['notAfter']: return 'expired'

def worst(codes): return min(codes, key=WORST.index, default=None)               # R26

def verdict(s, signatures, chain, trust, header, options, update=False):         # 6.3; for a trust update 6.4
    """(key, None) where the signature counts for a key of the trust store, else (None, code)."""
    twice, own = sum(other.kid == s.kid for other in signatures) > 1, trust.trusted.get(s.kid)
    def once(code): return 'bad-signature' if twice and code != 'revoked-key' else code      # R25
    codes = []
    if own:
        status = own.claims['status']
        limited = update and (status == 'retired' or 'apps' in own.claims or 'channels' in own.claims)
        late = not update and status == 'retired' and header['sequence'] > own.claims['lastSequence']
        code = once('bad-signature' if not verifies(own.key, s) else 'revoked-key' if status == 'revoked' else
                    'out-of-scope' if limited or late else scope(own.claims, header, options))
        if not code: return own.key, None
        codes.append(code)
        if status == 'revoked': return None, code                                # R57
    for link in chain:
        if not link.key or link.key.kid != s.kid: continue
        root = trust.trusted.get(link.by.kid)
        if not root or not verifies(root.key, link.by):                          # R56
            codes.append('bad-signature' if root else 'untrusted-key')
            continue
        status = root.claims['status']
        late = status == 'retired' or header['sequence'] > link.claims.get('maxSequence', WHOLE)
        code = once('bad-signature' if not verifies(link.key, s) else 'revoked-key' if status == 'revoked' else
                    'out-of-scope' if late else
                    scope(root.claims, header, options) or scope(link.claims, header, options))
        if not code: return root.key, None                                       # R58
        codes.append(code)
    return None, worst(codes) or 'untrusted-key'

def counted(signatures, chain, trust, header, options, update=False, revokes=False):               # R26
    verdicts = [verdict(s, signatures, chain, trust, header, options, update) for s in signatures]
    keys = {key.kid: key for key, code in verdicts if key}
    code = worst([code for _, code in verdicts if code and not (revokes and code == 'revoked-key')])       # R64
    if len(keys) >= trust.store['threshold']: return keys
    raise Fail(code if code and (not keys or code == 'revoked-key') else 'threshold-not-met')

# --- 10 Claims ---
def check_claims(header, trust, options):                                        # R87
    for part in 'app', 'channel':                                                # R44, R45
        must(options[part] is None or header.get(part) == options[part], 'wrong-' + part)
    must(options.get('runtime') is None or header.get('runtime') == options['runtime'], 'wrong-runtime')  # R46
    must(options.get('type') is None or header['bundle']['type'] == options['type'], 'wrong-type')
    for last in options['lastSequence'], trust.store['minSequence']:             # R47
        must(last is None or header['sequence'] > last, 'rollback')
    must(options['now'] - options.get('clockTolerance', 0) < header.get('expires', 2**60), 'expired')      # R48
    must(options.get('maxSize') is None or header['bundle']['size'] <= options['maxSize'], 'too-large')   # R49

# --- 7 Session key, 8 Slots ---
def expand(key, info, size): return HKDFExpand(SHA512(), size, info).derive(key)

def derive(session, salt, chunk):             # R29, R30: key, base nonce, commitment
    context = b'otaseal chunk=262144' if chunk == 262144 else b''
    out = expand(session, b'c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0' + salt + context, 76)
    return out[:32], out[32:44], out[44:]

def private_reader(jwk):                                                         # R86
    try:
        kind, d = (jwk['kty'], jwk['crv']), unb64(jwk['d'], 32)
        if kind == ('OKP', 'X25519'):
            private = x25519.X25519PrivateKey.from_private_bytes(d)
            public = {'x': b64(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))}
        else:
            must(kind == ('EC', 'P-256') and 0 < int.from_bytes(d, 'big') < P256_ORDER)
            private = ec.derive_private_key(int.from_bytes(d, 'big'), ec.SECP256R1())
            numbers = private.public_key().public_numbers()
            public = {'x': b64(numbers.x.to_bytes(32, 'big')), 'y': b64(numbers.y.to_bytes(32, 'big'))}
        must(all(jwk.get(coordinate, value) == value for coordinate, value in public.items()))
    except (Fail, KeyError, TypeError, ValueError): raise Fail('bad-key') from None
    return Record(private=private, kid=thumbprint(kty=kind[0], crv=kind[1], **public), kty=kind[0], crv=kind[1])

def agree(reader, epk):                                                          # R66 to R68
    members(epk, 'kty crv x' if reader.kty == 'OKP' else 'kty crv x y')
    must((epk['kty'], epk['crv']) == (reader.kty, reader.crv))
    raw = unb64(epk['x'], 32)
    if reader.kty == 'OKP':
        must(int.from_bytes(raw, 'little') < ED_P)
        z = reader.private.exchange(x25519.X25519PublicKey.from_public_bytes(raw))
        must(any(z))
    else:
        x, y = int.from_bytes(raw, 'big'), int.from_bytes(unb64(epk['y'], 32), 'big')
        must(x < P256_P and y < P256_P and (y * y - x**3 + 3 * x - P256_B) % P256_P == 0)
        z = reader.private.exchange(ec.ECDH(), ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    return sha256(bytes.fromhex('00000001'), z, bytes.fromhex('0000000e'), b'ECDH-ES+A256KW',        # R67
                  bytes.fromhex('000000000000000000000100'))

def open_slot(slot, wrapping, reader):                                           # R33, section 8
    parts = slot.split('.')
    must(len(parts) == 5)
    header, *sealed = [unb64(part, size) for part, size in zip(parts, (None, 40, 12, 32, 16))]
    header = parse(header)
    members(header, 'alg enc kid' + (' epk' if reader else ''))
    must(header['alg'] == ('ECDH-ES+A256KW' if reader else 'A256KW') and header['enc'] == 'A256GCM')
    must(isinstance(header['kid'], str) and (header['kid'] == reader.kid if reader else header['kid'] in wrapping))
    content = aes_key_unwrap(agree(reader, header['epk']) if reader else wrapping[header['kid']], sealed[0])
    return AESGCM(content).decrypt(sealed[1], sealed[2] + sealed[3], parts[0].encode())

def session_key(head, keys, given):                                              # R36
    wrapping, reader, body = {}, None, head.header['body']
    if given is None:                                                            # R34
        derived = lambda key: HKDF(SHA256(), 32, None, b'otaseal v2 reader').derive(key.spki)
        wrapping = {kid: derived(key) for kid, key in keys.items()}
    elif 'secret' in given:                                                      # R35
        with told_as('bad-key'): secret = unb64(given['secret'], 32)
        wrapping = {b64(sha256(b'otaseal v2 secret', secret)): secret}
    else: reader = private_reader(given.get('jwk'))
    for slot in head.slots:
        try: session = open_slot(slot, wrapping, reader)
        except (Fail, InvalidUnwrap, InvalidTag, ValueError): continue           # fits nobody
        if same(derive(session, unb64(body['salt']), body['chunk'])[2], unb64(body['commitment'])): return session
    raise Fail('no-reader-key')

# --- 3.1 Payload, 9 Order of work ---
def take_apart(data):                                                            # R1, R2
    must(not (data[:5] == MAGIC[:5] and b'3' <= data[5:6] <= b'9'), 'unsupported')
    must(data[:8] == MAGIC[:len(data)], 'not-an-envelope')
    must(len(data) >= 12, 'truncated')
    size = int.from_bytes(data[8:12], 'big')
    must(size <= HEAD, 'limit-exceeded'), must(len(data) >= 12 + size, 'truncated')
    return data[12:12 + size], data[12 + size:]

def check_length(payload, size, chunk):                                          # R4, R6
    n = size // chunk + 1
    must(len(payload) >= 48 * n + 56 + size, 'truncated')
    must(len(payload) == 48 * n + 56 + size, 'trailing-data')
    return n

def chunks(payload, n, chunk, key, nonce):                                       # R41
    plain, at = [], 32 * n + 56
    for i in range(n):
        piece = payload[at + i * (chunk + 16):at + (i + 1) * (chunk + 16)]
        must(same(sha256(piece), payload[32 * i:32 * i + 32]), 'bad-chunk')
        iv = (int.from_bytes(nonce, 'big') ^ i).to_bytes(12, 'big')              # R31
        try: plain.append(AESGCM(key).decrypt(iv, piece, None))
        except InvalidTag: raise Fail('bad-chunk') from None
    return b''.join(plain)

def accept(data, options):                                                       # steps 2 to 5
    head = read_head(data)
    trust = given_trust(options['trust'])
    keys = counted(head.signatures, head.chain, trust, head.header, options)
    check_claims(head.header, trust, options)
    return head, keys

def open_checksum(head, session):                                                # R32
    bundle, salt = head.header['bundle'], unb64(head.header['body']['salt'])
    pad = expand(session, b'otaseal v2 checksum' + salt, 32)
    return bytes(a ^ b for a, b in zip(unb64(bundle['checksum']), pad))

def open_envelope(data, options):
    data, payload = take_apart(data)
    head, keys = accept(data, options)
    body, size = head.header['body'], head.header['bundle']['size']
    n = check_length(payload, size, body['chunk'])
    session = session_key(head, keys, options.get('reader'))
    start = payload[:32 * n + 56]
    must(same(start[32 * n:], unb64(body['salt']) + unb64(body['commitment'])), 'bad-index')       # R39
    must(same(sha256(start), unb64(body['index'])), 'bad-index')                 # R40
    key, nonce, _ = derive(session, unb64(body['salt']), body['chunk'])
    plain = chunks(payload, n, body['chunk'], key, nonce)
    must(same(sha256(plain), open_checksum(head, session)), 'bad-checksum')      # R42
    return plain, head.header

def open_head(data, options):
    head, keys = accept(data, options)
    return open_checksum(head, session_key(head, keys, options.get('reader'))).hex().encode() + b'\n' + head.signed

# --- 6.4 Trust updates ---
def trust_store(data, options):
    must(len(data) <= HEAD, 'bad-trust-store')                                   # R60
    with told_as('bad-trust-store'): store = parse(data, laid_out=True)
    return ''.join(kid + '\n' for kid in read_store(store).trusted).encode()

def trust_update(data, options):                                                 # R89
    must(len(data) <= 524288, 'bad-trust-store')
    with told_as('bad-trust-store'):                                             # R63
        update = parse(data, laid_out=True)
        members(update, 'payload signatures')
        signatures, signed = read_signatures(update, 'otaseal-trust-v2'), unb64(update['payload'])
        must(len(signed) <= HEAD)
        store = parse(signed)
        store_form(store)
    old = given_trust(options['trust'])
    if store == old.store: return signed                                         # R65
    must(store['epoch'] > old.store['epoch'], 'rollback')
    counted(signatures, [], old, {}, options, update=True)                       # R64
    new = trust_of(store, [jwk_key(entry['key']) for entry in store['keys']])
    counted(signatures, [], new, {}, options, update=True, revokes=True)
    return signed

# --- 11 Manifests ---
def manifest(data, options):                                                     # R71, 11.5
    bundle, header = open_envelope(data, {**options, 'type': MANIFEST, 'maxSize': MANIFEST_SIZE})
    return object_list(bundle, header.get('meta', {}), options.get('maxSize'))

def open_object(data, options):
    entry = options['entry']
    with told_as('bad-manifest'): entry_form(entry)
    it, size = entry['object'], entry['object'].get('size', entry['size'])
    n = check_length(data, size, it['chunk'])                                    # R77, in its order
    must(same(sha256(data[:32 * n + 56]), unb64(it['index'])), 'bad-index')
    key, nonce, commitment = derive(unb64(it['key']), data[32 * n:32 * n + 24], it['chunk'])
    must(same(commitment, data[32 * n + 24:32 * n + 56]), 'bad-index')
    return unpack(chunks(data, n, it['chunk'], key, nonce), entry)

# --- The calling convention ---
OPERATIONS = {'envelope': lambda data, options: open_envelope(data, options)[0], 'head': open_head,
              'object': open_object, 'trust-store': trust_store, 'trust-update': trust_update, 'manifest': manifest}

for line in sys.stdin.buffer:                # as test/vectors/README.md says
    task = json.loads(line)
    try: answer = {'output': b64(OPERATIONS[task['operation']](unb64(task['input']), task.get('options') or {}))}
    except Fail as fail: answer = {'code': fail.code}                            # all or nothing: R43
    print(json.dumps(answer), flush=True)

"""Manifests of V2 envelopes: form, paths, object lists. R71, R72, ... are those of docs/spec.md, section 11."""
import re, unicodedata, zlib
from hmac import compare_digest
from forms import (CHUNKS, WHOLE, Fail, b64, count, exact, members, must, parse, sha256, some, text_of, told_as,
                   unb64)

HIDDEN = re.compile(                                                             # R73
    r'[\\:<>"|?*\0-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5'
    r'\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffd\U000110bd\U000110cd'
    r'\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]')
DEVICE = re.compile(r'(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|CLOCK\$|(COM|LPT)[0-9\xb9\xb2\xb3])( *\..*)?', re.I | re.A)
SELECTORS = re.compile('[\ufe00-\ufe0f]')

def path_form(path):                                                             # R73
    must(isinstance(path, str) and not HIDDEN.search(path) and len(path.encode()) <= 1024)
    must(unicodedata.is_normalized('NFC', path))
    parts = path.split('/')
    must(len(parts) <= 64 and all(1 <= len(part.encode()) <= 255 for part in parts))
    for part in parts + [SELECTORS.sub('', part) for part in parts]:
        must(part and part[-1] not in '. ' and not DEVICE.fullmatch(part))       # . and .. end with a dot

def fold(path):
    path = unicodedata.normalize('NFD', SELECTORS.sub('', path))
    return unicodedata.normalize('NFD', path.lower().upper().lower())

def no_two_alike(paths):                                                         # R74
    files, folders, seen = {fold(path) for path in paths}, {}, set()
    for path in paths:
        for slash in re.finditer('/', path):
            folder = path[:slash.start()]
            if folder in seen: continue
            seen.add(folder)
            must(len(seen) <= 100000 and folders.setdefault(fold(folder), folder) == folder)
    must(len(files) == len(paths) and not files & folders.keys())

def entry_form(entry):                                                           # R72
    members(entry, 'path size sha256 object')
    path_form(entry['path']), count(entry['size']), unb64(entry['sha256'], 32)
    it = entry['object']
    members(it, 'index key chunk', 'encoding size')
    unb64(it['index'], 32), unb64(it['key'], 32), must(it['chunk'] in (16384, 262144), 'unsupported')
    must(('encoding' in it) == ('size' in it))
    if 'encoding' in it:
        text_of(it['encoding'], 'br', 'gzip'), count(it['size']), must(it['size'] < entry['size'])
    must(it.get('size', entry['size']) // it['chunk'] < CHUNKS)                  # R5

def object_list(bundle, meta, max_size):
    """The object list of a manifest, to the byte, once all of section 11.5 holds that comes before the objects."""
    with told_as('bad-manifest'):
        files, entries = parse(bundle), {}                                       # R71
        members(files, 'files')
        files = some(files['files'], 100000, 0)
        for entry in files:
            entry_form(entry)
            rest = {**entry, 'path': ''}
            must(entries.setdefault(entry['object']['index'], rest) == rest)     # R76
        no_two_alike([entry['path'] for entry in files])
        total = sum(entry['size'] for entry in files)
        must(total <= WHOLE)                                                     # R72
    must(max_size is None or total <= max_size, 'too-large')
    names = exact({'objects': sorted(unb64(index).hex() for index in entries)})
    digest = b64(sha256(names))
    must(meta.get('otaseal-objects', digest) == digest, 'bad-manifest')          # R79
    return names

def unpack(plain, entry):                                                        # R78
    must(entry['object'].get('encoding') != 'br', 'backend-unavailable')
    if 'encoding' in entry['object']:
        unzip = zlib.decompressobj(31)
        try: plain = unzip.decompress(plain, entry['size'] + 1)                  # no more is made of it
        except zlib.error: raise Fail('bad-checksum') from None
        must(unzip.eof, 'bad-checksum')
    must(len(plain) == entry['size'] and compare_digest(sha256(plain), unb64(entry['sha256'])), 'bad-checksum')
    return plain

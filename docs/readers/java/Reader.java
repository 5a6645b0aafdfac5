import java.io.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.*;
import java.util.zip.GZIPInputStream;

/** Reads envelopes of version 2 as docs/spec.md says; R numbers are its requirements. An example, see README.md. */
final class Reader {
  static final byte[] MAGIC = Keys.hex("894f544156320a1a");

  // Step 5.

  static void claims(Forms.Head head, Forms.Trust trust, Map<String, Object> options) { // R87: in this order
    Map<String, Object> header = head.header();
    Object last = options.get("lastSequence"), size = options.get("maxSize");
    long sequence = (Long) header.get("sequence");
    for (String claim : List.of("app", "channel", "runtime", "type")) { // R44 to R46
      Object signed = claim.equals("type") ? head.of("bundle", "type") : header.get(claim);
      Forms.demand(options.get(claim) == null || options.get(claim).equals(signed), "wrong-" + claim);
    }
    Forms.demand(last == null || sequence > (Long) last, "rollback"); // R47
    Forms.demand(trust.minSequence() == null || sequence > trust.minSequence(), "rollback");
    Object expires = header.get("expires"); // R48
    long earliest = (Long) options.get("now") - Signatures.tolerance(options);
    Forms.demand(expires == null || earliest < (Long) expires, "expired");
    Forms.demand(size == null || head.size() <= (Long) size, "too-large"); // R49
  }

  // Steps 6 and 8 to 10: the payload, or an object.

  static void length(byte[] all, long size, int chunk) { // R6, in 64 bits
    long expected = 48 * (size / chunk + 1) + 56 + size, have = all.length;
    Forms.demand(have >= expected, "truncated");
    Forms.demand(have <= expected, "trailing-data");
  }

  static byte[] part(byte[] all, int from, int length) {
    return Arrays.copyOfRange(all, from, from + length);
  }

  /** R41, of a payload that has its length, whose index was checked. */
  static byte[] chunks(byte[] payload, long size, int chunk, Keys.Session session) {
    int n = (int) (size / chunk) + 1;
    ByteArrayOutputStream plaintext = new ByteArrayOutputStream((int) size);
    for (int i = 0, at = 32 * n + 56; i < n; i++, at += chunk + 16) {
      byte[] encrypted = part(payload, at, Math.min(chunk + 16, payload.length - at));
      Forms.demand(MessageDigest.isEqual(Keys.sha256(encrypted), part(payload, 32 * i, 32)), "bad-chunk");
      byte[] nonce = session.nonce().clone(); // R31: n is at most 2^20, so the last four bytes alone change
      ByteBuffer.wrap(nonce).putInt(8, ByteBuffer.wrap(nonce).getInt(8) ^ i);
      try {
        byte[] piece = Keys.decrypt(session.key(), nonce, new byte[0], encrypted);
        plaintext.write(piece, 0, piece.length);
      } catch (GeneralSecurityException e) {
        throw new Json.Refused("bad-chunk");
      }
    }
    return plaintext.toByteArray();
  }

  static byte[] checksum(Forms.Head head, Keys.Session session) throws GeneralSecurityException { // R32
    byte[] opened = head.bytes("bundle", "checksum");
    byte[] info = Keys.join(Keys.ascii("otaseal v2 checksum"), head.bytes("body", "salt"));
    byte[] pad = Keys.expand(session.secret(), info, 32);
    for (int i = 0; i < 32; i++) opened[i] ^= pad[i];
    return opened;
  }

  // The operations.

  record Opened(Forms.Head head, Forms.Trust trust, Set<String> signers) {}

  /** Steps 3 to 5. */
  static Opened judge(Forms.Head head, Map<String, Object> options) {
    Forms.Trust trust = Forms.trust(options.get("trust"));
    Set<String> signers = Signatures.signers(head, trust, options);
    claims(head, trust, options);
    return new Opened(head, trust, signers);
  }

  static Keys.Session session(Opened opened, Map<String, Object> options) throws GeneralSecurityException {
    return Slots.session(opened.head, Slots.opener(options.get("reader"), opened.trust, opened.signers));
  }

  static byte[] head(byte[] json, Map<String, Object> options) throws GeneralSecurityException {
    Opened opened = judge(Forms.head(json), options);
    byte[] checksum = checksum(opened.head, session(opened, options));
    return Keys.join(Keys.ascii(Keys.hex(checksum) + "\n"), opened.head.bytes());
  }

  static Forms.Head split(byte[] file) { // R1, R2
    boolean versioned = file.length > 5 && Arrays.equals(part(file, 0, 5), part(MAGIC, 0, 5));
    Forms.demand(!versioned || file[5] < '3' || file[5] > '9', "unsupported"); // a later version
    int common = Math.min(file.length, 8);
    Forms.demand(Arrays.equals(part(file, 0, common), part(MAGIC, 0, common)), "not-an-envelope");
    Forms.demand(file.length >= 12, "truncated");
    long size = ByteBuffer.wrap(file).getInt(8) & 0xffffffffL;
    Forms.demand(size <= 262144, "limit-exceeded");
    Forms.demand(file.length - 12 >= size, "truncated");
    return Forms.head(part(file, 12, (int) size));
  }

  /** All that is left of section 9 once the head of the file has been parsed. */
  static byte[] envelope(byte[] file, Forms.Head head, Map<String, Object> options) throws GeneralSecurityException {
    Opened opened = judge(head, options);
    int from = 12 + ByteBuffer.wrap(file).getInt(8);
    byte[] payload = part(file, from, file.length - from);
    length(payload, head.size(), head.chunk());
    Keys.Session session = session(opened, options);
    int index = 32 * (int) (head.size() / head.chunk() + 1);
    Forms.demand(MessageDigest.isEqual(part(payload, index, 24), head.bytes("body", "salt")), "bad-index"); // R39
    Forms.demand(MessageDigest.isEqual(part(payload, index + 24, 32), head.bytes("body", "commitment")), "bad-index");
    byte[] digest = Keys.sha256(part(payload, 0, index + 56)); // R40
    Forms.demand(MessageDigest.isEqual(digest, head.bytes("body", "index")), "bad-index");
    byte[] bundle = chunks(payload, head.size(), head.chunk(), session);
    Forms.demand(MessageDigest.isEqual(Keys.sha256(bundle), checksum(head, session)), "bad-checksum"); // R42
    return bundle;
  }

  static byte[] manifest(byte[] file, Map<String, Object> options) throws GeneralSecurityException { // section 11.5
    Map<String, Object> demands = new HashMap<>(options);
    demands.put("type", "application/vnd.otaseal.manifest+json");
    demands.put("maxSize", 67108864L);
    Forms.Head head = split(file);
    byte[] json = envelope(file, head, demands);
    Object meta = head.header().getOrDefault("meta", Map.of());
    return Manifests.objectList(json, (Long) options.get("maxSize"), ((Map<?, ?>) meta).get("otaseal-objects"));
  }

  static byte[] object(byte[] object, Object listed) throws GeneralSecurityException { // R77, R78
    Manifests.Entry entry = Manifests.entry(listed);
    length(object, entry.plainSize(), entry.chunk());
    int index = 32 * (int) (entry.plainSize() / entry.chunk() + 1);
    Forms.demand(MessageDigest.isEqual(Keys.sha256(part(object, 0, index + 56)), entry.bytes("index")), "bad-index");
    Keys.Session session = Keys.session(entry.bytes("key"), part(object, index, 24), entry.chunk());
    Forms.demand(MessageDigest.isEqual(part(object, index + 24, 32), session.commitment()), "bad-index");
    byte[] file = chunks(object, entry.plainSize(), entry.chunk(), session);
    Object encoding = entry.object().get("encoding");
    Forms.demand(!"br".equals(encoding), "backend-unavailable"); // the JDK has no Brotli
    if (encoding != null) {
      try (InputStream gzip = new GZIPInputStream(new ByteArrayInputStream(file))) {
        file = gzip.readNBytes((int) Math.min(entry.size() + 1, Integer.MAX_VALUE)); // R78: one byte too many is enough
      } catch (IOException e) {
        throw new Json.Refused("bad-checksum");
      }
    }
    Forms.demand(file.length == entry.size(), "bad-checksum");
    Forms.demand(MessageDigest.isEqual(Keys.sha256(file), entry.sha256()), "bad-checksum");
    return file;
  }

  static byte[] trustStore(byte[] json) {
    Forms.demand(json.length <= 262144, Forms.STORE); // R60
    Forms.Trust trust = Forms.store(Forms.storeForm(Json.parse(json, Json.Form.LAID_OUT, Forms.STORE)));
    return Keys.ascii(String.join("\n", trust.keys().keySet()) + "\n");
  }

  static byte[] trustUpdate(byte[] json, Map<String, Object> options) { // R89: in this order
    Forms.demand(json.length <= 524288, Forms.STORE);
    Map<String, Object> update = Json.object(Json.parse(json, Json.Form.LAID_OUT, Forms.STORE), Forms.STORE,
        List.of("payload", "signatures"), List.of());
    byte[] payload = Json.bytes(update.get("payload"), Forms.STORE);
    Forms.demand(payload.length <= 262144, Forms.STORE);
    List<Forms.Signed> signatures = Forms.signatures(update, "otaseal-trust-v2", Forms.STORE, Forms.STORE);
    Map<String, Object> store = Forms.storeForm(Json.parse(payload, Json.Form.EXACT, Forms.STORE));
    Forms.Trust trust = Forms.trust(options.get("trust"));
    if (store.equals(trust.source())) return payload; // R65
    Forms.demand((Long) store.get("epoch") > trust.epoch(), "rollback");
    Signatures.update(signatures, trust, options, "");
    Signatures.update(signatures, Forms.store(store), options, "revoked-key"); // R64: that it revokes a key is no error
    return payload;
  }

  @SuppressWarnings("unchecked")
  static byte[] run(Map<?, ?> call) throws GeneralSecurityException {
    byte[] input = Json.bytes(call.get("input"), "unsupported");
    Object said = call.get("options");
    Map<String, Object> options = said instanceof Map ? (Map<String, Object>) said : Map.of();
    for (String name : List.of("now", "clockTolerance", "lastSequence", "maxSize")) {
      if (options.get(name) != null) Json.whole(options.get(name), 0, Json.MAX, "unsupported");
    }
    switch (String.valueOf(call.get("operation"))) {
      case "envelope": return envelope(input, split(input), options);
      case "head": return head(input, options);
      case "object": return object(input, options.get("entry"));
      case "trust-store": return trustStore(input);
      case "trust-update": return trustUpdate(input, options);
      case "manifest": return manifest(input, options);
      default: throw new Json.Refused("unsupported"); // an operation that this program does not know
    }
  }

  /** The calling convention of test/vectors/README.md. */
  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      String answer;
      try {
        byte[] output = run(Json.parse(line, Json.Form.ANY, "unsupported") instanceof Map<?, ?> call ? call : Map.of());
        answer = "\"output\":\"" + Json.base64url(output) + "\"";
      } catch (Json.Refused refused) {
        answer = "\"code\":\"" + refused.code + "\"";
      } catch (GeneralSecurityException platform) {
        answer = "\"code\":\"backend-unavailable\"";
      }
      System.out.write(("{" + answer + "}\n").getBytes(StandardCharsets.UTF_8));
      System.out.flush();
    }
  }
}

import java.util.*;
import java.util.regex.Pattern;

/** The forms of heads, headers, links and trust stores: steps 2 and 3 of section 9. What is returned was checked. */
final class Forms {
  static final String HEAD = "malformed-head", STORE = "bad-trust-store", LIMIT = "limit-exceeded";
  static final Pattern NAME = Pattern.compile("[A-Za-z0-9._+-]{1,128}"), ALG = Pattern.compile("[A-Za-z0-9-]{1,32}");
  static final Pattern TYPE = Pattern.compile("X/X".replace("X", "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"));
  static final Pattern STATUS = Pattern.compile("active|retired|revoked");

  /** A signature with what it signs: an entry of signatures, or a link's. */
  record Signed(String kid, String alg, String input, byte[] signature) {}

  /** Of a link; key is null where it names nobody. said: what it says of scope and times, by the member's name. */
  record Link(Signed signed, Keys.Public key, Map<String, Object> said) {}

  record Trusted(Keys.Public key, Map<String, Object> said) {
    boolean is(String status) { return said.get("status").equals(status); }
  }

  record Trust(long epoch, long threshold, Long minSequence, Map<String, Trusted> keys, Object source) {}

  record Head(byte[] bytes, Map<String, Object> header, List<Signed> signatures, List<Object> slots, List<Link> chain) {
    @SuppressWarnings("unchecked")
    Object of(String object, String member) { return ((Map<String, Object>) header.get(object)).get(member); }

    long size() { return (Long) of("bundle", "size"); }

    int chunk() { return ((Long) of("body", "chunk")).intValue(); }

    byte[] bytes(String object, String member) { return Json.bytes(of(object, member), HEAD); }
  }

  static void demand(boolean holds, String code) {
    if (!holds) throw new Json.Refused(code);
  }

  // Step 2: the forms.

  static Signed signed(Object shielded, String payload, byte[] signature, String typ, String code) { // R12
    Object json = Json.parse(Json.bytes(shielded, code), Json.Form.EXACT, code);
    Map<String, Object> is = Json.object(json, code, List.of("alg", "kid", "typ"), List.of());
    String alg = Json.string(is.get("alg"), ALG, code);
    Json.bytes(is.get("kid"), 32, code);
    demand(Json.string(is.get("typ"), code).equals(typ), "unsupported");
    return new Signed((String) is.get("kid"), alg, shielded + "." + payload, signature);
  }

  static List<Signed> signatures(Map<String, Object> of, String typ, String code, String beyond) { // R11
    List<Signed> all = new ArrayList<>();
    for (Object entry : Json.list(of.get("signatures"), 1, 8, code, beyond)) {
      Map<String, Object> members = Json.object(entry, code, List.of("protected", "signature"), List.of());
      byte[] signature = Json.bytes(members.get("signature"), code);
      all.add(signed(members.get("protected"), (String) of.get("payload"), signature, typ, code));
    }
    return all;
  }

  static void scopeForm(Map<String, Object> of, String code, String beyond) { // R13, R14, R55, R61
    for (String times : List.of("notBefore", "notAfter")) if (of.containsKey(times)) time(of.get(times), code);
    demand(!of.containsKey("notBefore") || !of.containsKey("notAfter")
        || (Long) of.get("notBefore") <= (Long) of.get("notAfter"), code);
    for (String names : List.of("apps", "channels")) {
      if (!of.containsKey(names)) continue;
      for (Object name : Json.list(of.get(names), 1, 64, code, beyond)) Json.string(name, NAME, code);
    }
  }

  static void time(Object value, String code) {
    Json.whole(value, 0, 253402300799L, code);
  }

  static Map<String, Object> keyForm(Object value, String code) { // R61, R85; its numbers are for Keys.publicKey
    demand(!(value instanceof Map<?, ?> map && map.containsKey("d")), "bad-key"); // R55, R61
    demand(value instanceof Map<?, ?> map && map.containsKey("kty"), code);
    String kty = Json.string(((Map<?, ?>) value).get("kty"), code);
    demand(kty.equals("RSA") || kty.equals("OKP"), "unsupported");
    List<String> members = kty.equals("RSA") ? List.of("kty", "n", "e") : List.of("kty", "crv", "x");
    Map<String, Object> key = Json.object(value, code, members, List.of());
    for (Object text : key.values()) Json.string(text, code);
    demand(kty.equals("RSA") || key.get("crv").equals("Ed25519"), "unsupported");
    return key;
  }

  static Link link(Object text) { // R55
    String[] parts = Json.string(text, HEAD).split("\\.", -1);
    demand(parts.length == 3 && !parts[2].isEmpty(), HEAD);
    Signed signed = signed(parts[0], parts[1], Json.bytes(parts[2], HEAD), "otaseal-link-v2", HEAD);
    Map<String, Object> said = Json.object(Json.parse(Json.bytes(parts[1], HEAD), Json.Form.EXACT, HEAD), HEAD,
        List.of("key", "notBefore", "notAfter"), List.of("apps", "channels", "maxSequence"));
    scopeForm(said, HEAD, LIMIT);
    if (said.containsKey("maxSequence")) Json.whole(said.get("maxSequence"), 0, Json.MAX, HEAD);
    Map<String, Object> jwk = keyForm(said.get("key"), HEAD);
    try {
      return new Link(signed, Keys.publicKey(jwk), said);
    } catch (Json.Refused outside) {
      return new Link(signed, null, said);
    }
  }

  static long chunks(long size, long chunk, String code) { // R4, R5
    demand(size / chunk < 1 << 20, code);
    return size / chunk + 1;
  }

  static long chunkSize(Object chunk) { // R16, R72, R85
    demand(Long.valueOf(16384).equals(chunk) || Long.valueOf(262144).equals(chunk), "unsupported");
    return (Long) chunk;
  }

  static void header(Map<String, Object> header) { // R13 to R17
    for (String name : List.of("app", "version", "channel", "runtime")) {
      if (header.containsKey(name)) Json.string(header.get(name), NAME, HEAD);
    }
    Json.whole(header.get("sequence"), 0, Json.MAX, HEAD);
    for (String name : List.of("created", "expires")) if (header.containsKey(name)) time(header.get(name), HEAD);
    Map<String, Object> bundle =
        Json.object(header.get("bundle"), HEAD, List.of("size", "checksum", "type"), List.of());
    Map<String, Object> body =
        Json.object(header.get("body"), HEAD, List.of("alg", "chunk", "salt", "commitment", "index"), List.of());
    Json.string(bundle.get("type"), TYPE, HEAD);
    Json.bytes(bundle.get("checksum"), 32, HEAD);
    for (String name : List.of("commitment", "index")) Json.bytes(body.get(name), 32, HEAD);
    Json.bytes(body.get("salt"), 24, HEAD);
    demand(Json.string(body.get("alg"), HEAD).equals("AES-256-GCM"), "unsupported");
    chunks(Json.whole(bundle.get("size"), 0, Json.MAX, HEAD), chunkSize(body.get("chunk")), LIMIT);
    if (!header.containsKey("meta")) return;
    demand(header.get("meta") instanceof Map, HEAD);
    long length = 1; // R17: each member with a colon, and a comma or the last brace
    for (Map.Entry<?, ?> member : ((Map<?, ?>) header.get("meta")).entrySet()) {
      length += Json.exactLength((String) member.getKey()) + Json.exactLength(Json.string(member.getValue(), HEAD)) + 2;
    }
    demand(Math.max(length, 2) <= 16384, LIMIT);
  }

  static Head head(byte[] json) {
    demand(json.length <= 262144, LIMIT); // R2
    Map<String, Object> head = Json.object(Json.parse(json, Json.Form.LAID_OUT, HEAD), HEAD,
        List.of("payload", "signatures", "keys"), List.of("chain")); // R3, R10
    byte[] bytes = Json.bytes(head.get("payload"), HEAD);
    List<Object> slots = Json.list(head.get("keys"), 0, 64, HEAD, LIMIT);
    for (Object slot : slots) Json.string(slot, HEAD);
    List<Signed> signatures = signatures(head, "otaseal-head-v2", HEAD, LIMIT);
    List<Link> chain = new ArrayList<>();
    List<Object> links = head.containsKey("chain") ? Json.list(head.get("chain"), 1, 8, HEAD, LIMIT) : List.of();
    for (Object link : links) chain.add(link(link));
    Map<String, Object> header = Json.object(Json.parse(bytes, Json.Form.EXACT, HEAD), HEAD,
        List.of("app", "version", "sequence", "created", "bundle", "body"),
        List.of("channel", "runtime", "expires", "meta"));
    header(header);
    return new Head(bytes, header, signatures, slots, chain);
  }

  // Step 3: the trust store.

  static Map<String, Object> storeForm(Object json) { // R60, R61
    Map<String, Object> store =
        Json.object(json, STORE, List.of("epoch", "threshold", "minSequence", "keys"), List.of());
    Json.whole(store.get("epoch"), 1, Json.MAX, STORE);
    Json.whole(store.get("minSequence"), 0, Json.MAX, STORE);
    int active = 0;
    for (Object entry : Json.list(store.get("keys"), 1, 64, STORE, STORE)) {
      Map<String, Object> said = Json.object(entry, STORE, List.of("key", "status"),
          List.of("lastSequence", "notBefore", "notAfter", "apps", "channels"));
      String status = Json.string(said.get("status"), STATUS, STORE);
      demand(status.equals("retired") == said.containsKey("lastSequence"), STORE);
      if (status.equals("retired")) Json.whole(said.get("lastSequence"), 0, Json.MAX, STORE);
      if (status.equals("active")) active++;
      scopeForm(said, STORE, STORE);
      keyForm(said.get("key"), STORE);
    }
    Json.whole(store.get("threshold"), 1, Math.min(active, 8), STORE);
    return store;
  }

  @SuppressWarnings("unchecked")
  static Trust store(Map<String, Object> store) { // R18, R19, R62, of a store whose form was checked
    Map<String, Trusted> keys = new LinkedHashMap<>();
    for (Object entry : (List<Object>) store.get("keys")) {
      Map<String, Object> said = (Map<String, Object>) entry;
      Keys.Public key = Keys.publicKey((Map<String, Object>) said.get("key"));
      demand(keys.put(key.kid(), new Trusted(key, said)) == null, STORE);
    }
    long epoch = (Long) store.get("epoch"), threshold = (Long) store.get("threshold");
    return new Trust(epoch, threshold, (Long) store.get("minSequence"), keys, store);
  }

  static Trust trust(Object option) { // section 6.1
    if (option instanceof Map<?, ?> map && !map.containsKey("kty")) return store(storeForm(option));
    Map<String, Trusted> keys = new LinkedHashMap<>();
    List<Object> all =
        option instanceof List ? Json.list(option, 1, 64, STORE, STORE) : Collections.singletonList(option);
    for (Object plain : all) {
      Keys.Public key = Keys.plainKey(plain);
      demand(keys.put(key.kid(), new Trusted(key, Map.of("status", "active"))) == null, STORE);
    }
    return new Trust(0, 1, null, keys, null);
  }
}

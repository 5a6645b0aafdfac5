import java.util.*;

/** Which signatures count, and whether they are enough: section 6, step 4 of section 9. */
final class Signatures {
  /** R26: what says most comes first. */
  static final List<String> ORDER = List.of("revoked-key", "backend-unavailable", "bad-signature", "expired",
      "not-yet-valid", "out-of-scope", "untrusted-key");

  private static String first(String... codes) {
    for (String code : codes) if (code != null) return code;
    return null;
  }

  /** R25: in place of any verdict but revoked-key, also of none. */
  private static String once(boolean twice, String code) {
    return twice && !"revoked-key".equals(code) ? "bad-signature" : code;
  }

  /** R59, of what a key of the trust store or a link says; header is null for a trust update. */
  private static String scope(Map<String, Object> said, Map<String, Object> header, Map<String, Object> options) {
    if (header != null) {
      Object apps = said.get("apps"), channels = said.get("channels");
      if (apps != null && !((List<?>) apps).contains(header.get("app"))) return "out-of-scope";
      if (channels != null && !((List<?>) channels).contains(header.get("channel"))) return "out-of-scope";
    }
    long now = (Long) options.get("now"), tolerance = tolerance(options);
    if (said.containsKey("notBefore") && now + tolerance < (Long) said.get("notBefore")) return "not-yet-valid";
    return said.containsKey("notAfter") && now - tolerance > (Long) said.get("notAfter") ? "expired" : null;
  }

  static long tolerance(Map<String, Object> options) {
    return options.get("clockTolerance") == null ? 0 : (Long) options.get("clockTolerance");
  }

  private static String verify(Keys.Public key, Forms.Signed signed) {
    return Keys.verify(key, signed.alg(), signed.input(), signed.signature());
  }

  /** The kid of the key that a signature counts for, or a code: the program of section 6.3. */
  private static String verdict(Forms.Signed s, boolean twice, Forms.Head head, Forms.Trust trust,
      Map<String, Object> options) {
    List<String> codes = new ArrayList<>();
    long sequence = (Long) head.header().get("sequence");
    Forms.Trusted own = trust.keys().get(s.kid());
    if (own != null) {
      boolean late = own.is("retired") && sequence > (Long) own.said().get("lastSequence"); // R57
      String code = once(twice, first(verify(own.key(), s), own.is("revoked") ? "revoked-key" : null,
          late ? "out-of-scope" : null, scope(own.said(), head.header(), options)));
      if (code == null) return s.kid();
      codes.add(code);
    }
    for (Forms.Link link : own != null && own.is("revoked") ? List.<Forms.Link>of() : head.chain()) { // R57, R58
      if (link.key() == null || !link.key().kid().equals(s.kid())) continue;
      Forms.Trusted root = trust.keys().get(link.signed().kid());
      String code = root == null ? "untrusted-key" : verify(root.key(), link.signed()); // R56
      if (code == null) {
        boolean beyond = root.is("retired") || sequence > (Long) link.said().getOrDefault("maxSequence", Json.MAX);
        code = once(twice, first(verify(link.key(), s), root.is("revoked") ? "revoked-key" : null,
            beyond ? "out-of-scope" : null, scope(root.said(), head.header(), options),
            scope(link.said(), head.header(), options)));
        if (code == null) return link.signed().kid();
      }
      codes.add(code);
    }
    for (String code : ORDER) if (codes.contains(code)) return code;
    return "untrusted-key";
  }

  /** R64. */
  private static String updateVerdict(Forms.Signed s, boolean twice, Forms.Trust trust, Map<String, Object> options) {
    Forms.Trusted own = trust.keys().get(s.kid());
    if (own == null) return "untrusted-key";
    boolean unfit = own.is("retired") || own.said().containsKey("apps") || own.said().containsKey("channels");
    String code = once(twice, first(verify(own.key(), s), own.is("revoked") ? "revoked-key" : null,
        unfit ? "out-of-scope" : null, scope(own.said(), null, options)));
    return code == null ? s.kid() : code;
  }

  private static boolean isTwice(Forms.Signed signed, List<Forms.Signed> all) {
    return all.stream().filter(other -> other.kid().equals(signed.kid())).count() > 1;
  }

  /** R26, of the verdicts; returns the keys that signatures count for. */
  private static Set<String> enough(List<String> verdicts, Forms.Trust trust) {
    Set<String> counted = new LinkedHashSet<>(verdicts);
    counted.retainAll(trust.keys().keySet());
    if (counted.size() >= trust.threshold()) return counted;
    for (String code : ORDER) {
      if (verdicts.contains(code) && (counted.isEmpty() || ORDER.indexOf(code) < 2)) throw new Json.Refused(code);
    }
    throw new Json.Refused("threshold-not-met");
  }

  /** Step 4 of a head; returns the kids of the trust-store keys that signatures count for. */
  static Set<String> signers(Forms.Head head, Forms.Trust trust, Map<String, Object> options) {
    List<String> verdicts = new ArrayList<>();
    for (Forms.Signed s : head.signatures()) {
      verdicts.add(verdict(s, isTwice(s, head.signatures()), head, trust, options));
    }
    return enough(verdicts, trust);
  }

  /** R64, by one of the two trust stores; noError is a code that a signature is not refused for. */
  static void update(List<Forms.Signed> signatures, Forms.Trust trust, Map<String, Object> options, String noError) {
    List<String> verdicts = new ArrayList<>();
    for (Forms.Signed s : signatures) verdicts.add(updateVerdict(s, isTwice(s, signatures), trust, options));
    verdicts.removeIf(noError::equals);
    enough(verdicts, trust);
  }
}

import java.math.BigInteger;
import java.security.*;
import java.security.spec.*;
import java.util.*;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.SecretKeySpec;

/** Slots and readers: section 8, step 7 of section 9. */
final class Slots {
  /** A reader's X25519 or P-256 key. */
  record Private(String crv, String kid, PrivateKey key) {}

  private static final byte[] X25519 = Keys.hex("302a300506032b656e032100");
  private static final byte[] X25519_PRIVATE = Keys.hex("302e020100300506032b656e04220420");

  /** The wrapping key with which this reader opens a slot; null where the slot isn't for it. */
  interface Opener {
    byte[] wrap(String alg, String kid, Map<String, Object> epk) throws GeneralSecurityException;
  }

  @SuppressWarnings("unchecked")
  static Opener opener(Object reader, Forms.Trust trust, Set<String> signers) {
    if (reader == null) { // R34
      return (alg, kid, epk) ->
          alg.equals("A256KW") && signers.contains(kid) ? signerWrap(trust.keys().get(kid).key()) : null;
    }
    Forms.demand(reader instanceof Map, "bad-key");
    Map<String, Object> given = (Map<String, Object>) reader;
    if (given.containsKey("secret")) { // R35
      byte[] secret = Json.bytes(given.get("secret"), 32, "bad-key");
      String own = Json.base64url(Keys.sha256(Keys.ascii("otaseal v2 secret"), secret));
      return (alg, kid, epk) -> alg.equals("A256KW") && kid.equals(own) ? secret : null;
    }
    Forms.demand(given.get("jwk") instanceof Map, "bad-key");
    Private own = privateKey((Map<String, Object>) given.get("jwk")); // R86
    return (alg, kid, epk) -> epk != null && own.crv().equals(epk.get("crv")) && kid.equals(own.kid())
        ? agreedWrap(own, epk) : null;
  }

  /** R36: the first slot that fits. */
  @SuppressWarnings("unchecked")
  static Keys.Session session(Forms.Head head, Opener opener) throws GeneralSecurityException {
    for (Object slot : head.slots()) {
      try {
        String[] parts = ((String) slot).split("\\.", -1);
        Map<String, Object> is = header(parts);
        byte[] wrap = opener.wrap((String) is.get("alg"), (String) is.get("kid"), (Map<String, Object>) is.get("epk"));
        if (wrap == null) continue;
        Keys.Session session = Keys.session(unwrap(wrap, parts), head.bytes("body", "salt"), head.chunk());
        if (MessageDigest.isEqual(session.commitment(), head.bytes("body", "commitment"))) return session;
      } catch (RuntimeException | GeneralSecurityException fitsNobody) { // R33: the next one
      }
    }
    throw new Json.Refused("no-reader-key");
  }

  /** R33, R66; refused (with any code) where the slot fits nobody for its form. */
  static Map<String, Object> header(String[] slot) {
    String code = "no-reader-key";
    Forms.demand(slot.length == 5, code);
    Object json = Json.parse(Json.bytes(slot[0], code), Json.Form.EXACT, code);
    boolean agreed = json instanceof Map<?, ?> map && "ECDH-ES+A256KW".equals(map.get("alg"));
    List<String> members = agreed ? List.of("alg", "enc", "kid", "epk") : List.of("alg", "enc", "kid");
    Map<String, Object> is = Json.object(json, code, members, List.of());
    Forms.demand(agreed || "A256KW".equals(is.get("alg")), code);
    Forms.demand("A256GCM".equals(is.get("enc")), code);
    Json.string(is.get("kid"), code);
    if (agreed) {
      boolean x25519 = is.get("epk") instanceof Map<?, ?> epk && "X25519".equals(epk.get("crv"));
      Map<String, Object> epk = Json.object(is.get("epk"), code,
          x25519 ? List.of("kty", "crv", "x") : List.of("kty", "crv", "x", "y"), List.of());
      Forms.demand((x25519 ? "OKP" : "EC").equals(epk.get("kty")) && (x25519 || "P-256".equals(epk.get("crv"))), code);
    }
    return is;
  }

  /** R34: HKDF-SHA-256 without a salt, for one block. */
  static byte[] signerWrap(Keys.Public key) throws GeneralSecurityException {
    byte[] extracted = Keys.hmac("HmacSHA256", new byte[32], key.spki());
    return Keys.hmac("HmacSHA256", extracted, Keys.ascii("otaseal v2 reader"), new byte[] {1});
  }

  private static ECParameterSpec p256() throws GeneralSecurityException {
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec("secp256r1"));
    return parameters.getParameterSpec(ECParameterSpec.class);
  }

  /** R68, of a JWK with the coordinates of its curve; null if it is no such point. */
  private static PublicKey point(String crv, Map<String, Object> jwk) throws GeneralSecurityException {
    byte[] first = Json.bytes(jwk.get("x"), 32, "bad-key");
    if (crv.equals("X25519")) {
      if (Keys.littleEndian(first).compareTo(Keys.P25519) >= 0) return null;
      return KeyFactory.getInstance("XDH").generatePublic(new X509EncodedKeySpec(Keys.join(X25519, first)));
    }
    ECParameterSpec spec = p256();
    EllipticCurve curve = spec.getCurve();
    BigInteger p = ((ECFieldFp) curve.getField()).getP(), x = new BigInteger(1, first);
    BigInteger y = new BigInteger(1, Json.bytes(jwk.get("y"), 32, "bad-key"));
    BigInteger right = x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
    if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0 || !y.multiply(y).mod(p).equals(right)) return null;
    return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(new ECPoint(x, y), spec));
  }

  private static byte[] agree(String crv, PrivateKey key, PublicKey other) throws GeneralSecurityException {
    KeyAgreement agreement = KeyAgreement.getInstance(crv.equals("X25519") ? "XDH" : "ECDH");
    agreement.init(key);
    agreement.doPhase(other, true);
    return agreement.generateSecret();
  }

  /** R67, R68; null where the slot fits nobody. */
  static byte[] agreedWrap(Private own, Map<String, Object> epk) throws GeneralSecurityException {
    PublicKey ephemeral = point(own.crv, epk);
    if (ephemeral == null) return null;
    byte[] shared = agree(own.crv, own.key, ephemeral);
    if (own.crv.equals("X25519") && MessageDigest.isEqual(shared, new byte[32])) return null;
    byte[] info = Keys.join(Keys.hex("0000000e"), Keys.ascii("ECDH-ES+A256KW"), Keys.hex("000000000000000000000100"));
    return Keys.sha256(Keys.hex("00000001"), shared, info);
  }

  /** R86, of a private JWK. */
  static Private privateKey(Map<String, Object> jwk) {
    String crv = Json.string(jwk.get("crv"), "bad-key"), kty = crv.equals("X25519") ? "OKP" : "EC";
    if (!kty.equals(jwk.get("kty")) || kty.equals("EC") && !crv.equals("P-256")) throw new Json.Refused("bad-key");
    byte[] d = Json.bytes(jwk.get("d"), 32, "bad-key");
    try {
      PublicKey itsOwn = point(crv, jwk);
      PrivateKey key = null;
      boolean fits = false;
      if (itsOwn != null && kty.equals("OKP")) {
        key = KeyFactory.getInstance("XDH").generatePrivate(new PKCS8EncodedKeySpec(Keys.join(X25519_PRIVATE, d)));
        byte[] nine = Arrays.copyOf(new byte[] {9}, 32); // the base point, RFC 7748 section 6.1
        PublicKey base = KeyFactory.getInstance("XDH").generatePublic(new X509EncodedKeySpec(Keys.join(X25519, nine)));
        fits = MessageDigest.isEqual(agree(crv, key, base), Json.bytes(jwk.get("x"), "bad-key"));
      } else if (itsOwn != null) {
        BigInteger number = new BigInteger(1, d);
        if (number.signum() == 0 || number.compareTo(p256().getOrder()) >= 0) throw new Json.Refused("bad-key");
        key = KeyFactory.getInstance("EC").generatePrivate(new ECPrivateKeySpec(number, p256()));
        Signature pair = Signature.getInstance("SHA256withECDSA"); // the platform has no multiplication by itself
        pair.initSign(key);
        byte[] signature = pair.sign();
        pair.initVerify(itsOwn);
        fits = pair.verify(signature);
      }
      if (!fits) throw new Json.Refused("bad-key");
      String json = "{\"crv\":\"" + crv + "\",\"kty\":\"" + kty + "\",\"x\":\"" + jwk.get("x") + "\"";
      String kid = Keys.thumbprint(json + (kty.equals("EC") ? ",\"y\":\"" + jwk.get("y") + "\"}" : "}"));
      return new Private(crv, kid, key);
    } catch (NoSuchAlgorithmException e) {
      throw new Json.Refused("backend-unavailable");
    } catch (GeneralSecurityException e) {
      throw new Json.Refused("bad-key");
    }
  }

  /** The session key of a slot: RFC 3394, then RFC 7516 section 5.2. Fails where it isn't for this wrapping key. */
  static byte[] unwrap(byte[] wrap, String[] slot) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AESWrap");
    cipher.init(Cipher.UNWRAP_MODE, new SecretKeySpec(wrap, "AES"));
    byte[] content = cipher.unwrap(Json.bytes(slot[1], 40, "no-reader-key"), "AES", Cipher.SECRET_KEY).getEncoded();
    byte[] data = Keys.join(Json.bytes(slot[3], 32, "no-reader-key"), Json.bytes(slot[4], 16, "no-reader-key"));
    return Keys.decrypt(content, Json.bytes(slot[2], 12, "no-reader-key"), Keys.ascii(slot[0]), data);
  }
}

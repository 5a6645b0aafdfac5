import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.*;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.*;
import java.util.*;
import java.util.regex.*;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.*;

/** Publisher keys, signatures, what follows from a session key: sections 5 to 7, with the ciphers of the platform. */
final class Keys {
  /** A publisher's key; modulus is null for Ed25519. */
  record Public(String alg, String kid, byte[] spki, BigInteger modulus) {}

  /** What follows from a session key: R29. */
  record Session(byte[] secret, byte[] key, byte[] nonce, byte[] commitment) {}

  private static final byte[] ED25519 = hex("302a300506032b6570032100"); // RFC 8410: SPKI before the 32 bytes
  static final BigInteger TWO = BigInteger.valueOf(2), P25519 = TWO.pow(255).subtract(BigInteger.valueOf(19));
  private static final BigInteger ED25519_ORDER =
      TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
  private static final Set<String> SMALL_ORDER = Set.of( // section 5
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
  private static final Pattern PEM =
      Pattern.compile("\\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]*)-----END PUBLIC KEY-----\\s*");

  static byte[] hex(String hex) {
    byte[] bytes = new byte[hex.length() / 2];
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
    return bytes;
  }

  static String hex(byte[] bytes) {
    StringBuilder hex = new StringBuilder();
    for (byte b : bytes) hex.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
    return hex.toString();
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) joined.write(part, 0, part.length);
    return joined.toByteArray();
  }

  static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  static byte[] sha256(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) digest.update(part);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new Json.Refused("backend-unavailable");
    }
  }

  static String thumbprint(String json) {
    return Json.base64url(sha256(ascii(json)));
  }

  static BigInteger littleEndian(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) reversed[i] = bytes[bytes.length - 1 - i];
    return new BigInteger(1, reversed);
  }

  /** R19, R23: y below 2^255 - 19, and no point of small order; the highest bit is the sign of x. */
  private static boolean isStrictPoint(byte[] bytes) {
    byte[] y = bytes.clone();
    y[31] &= 0x7f;
    return littleEndian(y).compareTo(P25519) < 0 && !SMALL_ORDER.contains(hex(y));
  }

  /** R18 to R21, of a JWK that has the members and types of its kty. */
  static Public publicKey(Map<String, Object> jwk) {
    if ("OKP".equals(jwk.get("kty"))) {
      byte[] x = Json.bytes(jwk.get("x"), 32, "bad-key");
      if (!isStrictPoint(x)) throw new Json.Refused("bad-key");
      String kid = thumbprint("{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + jwk.get("x") + "\"}");
      return new Public("Ed25519", kid, join(ED25519, x), null);
    }
    BigInteger n = number(jwk.get("n")), e = number(jwk.get("e"));
    int bits = n.bitLength();
    if (bits < 3072 || bits > 8192 || bits % 8 != 0 || !n.testBit(0) || !e.equals(BigInteger.valueOf(65537))) {
      throw new Json.Refused("bad-key");
    }
    byte[] modulus = Arrays.copyOfRange(n.toByteArray(), 1, 1 + bits / 8); // the first byte is its sign
    String kid = thumbprint("{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"" + Json.base64url(modulus) + "\"}");
    try {
      byte[] spki = KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(n, e)).getEncoded();
      return new Public("PS256", kid, spki, n);
    } catch (GeneralSecurityException error) {
      throw new Json.Refused("bad-key");
    }
  }

  private static BigInteger number(Object base64url) {
    if (Json.string(base64url, "bad-key").length() > 2048) throw new Json.Refused("bad-key"); // as the schema says
    return new BigInteger(1, Json.bytes(base64url, "bad-key"));
  }

  /** A plain public key, of section 6.1: PEM, or a public JWK, of which only the members of its thumbprint count. */
  @SuppressWarnings("unchecked")
  static Public plainKey(Object plain) {
    if (plain instanceof Map<?, ?> jwk) {
      boolean known = "RSA".equals(jwk.get("kty")) || "OKP".equals(jwk.get("kty")) && "Ed25519".equals(jwk.get("crv"));
      if (!known || jwk.containsKey("d")) throw new Json.Refused("bad-key");
      return publicKey((Map<String, Object>) jwk);
    }
    Matcher pem = PEM.matcher(Json.string(plain, "bad-key"));
    try {
      byte[] spki = Base64.getDecoder().decode(pem.matches() ? pem.group(1).replaceAll("\\s", "") : "");
      if (spki.length == 44 && Arrays.equals(Arrays.copyOf(spki, 12), ED25519)) {
        return publicKey(Map.of("kty", "OKP", "x", Json.base64url(Arrays.copyOfRange(spki, 12, 44))));
      }
      RSAPublicKey rsa = (RSAPublicKey) KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(spki));
      Public key = publicKey(Map.of("kty", "RSA", "n", Json.base64url(rsa.getModulus().toByteArray()),
          "e", Json.base64url(rsa.getPublicExponent().toByteArray())));
      if (Arrays.equals(key.spki, spki)) return key; // R21
    } catch (GeneralSecurityException | IllegalArgumentException e) { // refused below
    }
    throw new Json.Refused("bad-key");
  }

  /** Null where the signature verifies, else the code. */
  static String verify(Public key, String alg, String input, byte[] signature) {
    if (!key.alg.equals(alg)) return "bad-signature"; // R24
    boolean rsa = key.modulus != null, formed;
    if (rsa) { // R22
      formed = signature.length == key.modulus.bitLength() / 8
          && new BigInteger(1, signature).compareTo(key.modulus) < 0;
    } else { // R23
      formed = signature.length == 64 && isStrictPoint(Arrays.copyOf(signature, 32))
          && littleEndian(Arrays.copyOfRange(signature, 32, 64)).compareTo(ED25519_ORDER) < 0;
    }
    if (!formed) return "bad-signature";
    try {
      Signature verifier = Signature.getInstance(rsa ? "RSASSA-PSS" : "Ed25519");
      if (rsa) verifier.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
      KeyFactory keys = KeyFactory.getInstance(rsa ? "RSA" : "Ed25519");
      verifier.initVerify(keys.generatePublic(new X509EncodedKeySpec(key.spki)));
      verifier.update(ascii(input));
      return verifier.verify(signature) ? null : "bad-signature";
    } catch (NoSuchAlgorithmException e) {
      return "backend-unavailable";
    } catch (GeneralSecurityException | RuntimeException e) { // also x or R that is no point
      return "bad-signature";
    }
  }

  // Sessions and slots.

  static byte[] hmac(String hash, byte[] key, byte[]... parts) throws GeneralSecurityException {
    Mac mac = Mac.getInstance(hash);
    mac.init(new SecretKeySpec(key, hash));
    for (byte[] part : parts) mac.update(part);
    return mac.doFinal();
  }

  /** HKDF-Expand-SHA-512 of RFC 5869 section 2.3. */
  static byte[] expand(byte[] secret, byte[] info, int length) throws GeneralSecurityException {
    byte[] block = {}, all = {};
    for (byte i = 1; all.length < length; i++) {
      block = hmac("HmacSHA512", secret, block, info, new byte[] {i});
      all = join(all, block);
    }
    return Arrays.copyOf(all, length);
  }

  /** R29, R30. */
  static Session session(byte[] secret, byte[] salt, int chunk) throws GeneralSecurityException {
    byte[] context = ascii(chunk == 262144 ? "otaseal chunk=262144" : "");
    byte[] info = join(ascii("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"), new byte[1], salt, context);
    byte[] all = expand(secret, info, 76);
    byte[] key = Arrays.copyOf(all, 32), nonce = Arrays.copyOfRange(all, 32, 44);
    return new Session(secret, key, nonce, Arrays.copyOfRange(all, 44, 76));
  }

  static byte[] decrypt(byte[] key, byte[] nonce, byte[] associated, byte[] data) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
    cipher.updateAAD(associated);
    return cipher.doFinal(data);
  }
}

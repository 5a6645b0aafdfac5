import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What texts must look like: JSON and base64url, section 4.1. */
final class Json {
  /** ANY: of the caller's own options. EXACT: R7. LAID_OUT: R10, white space between the tokens and no escapes. */
  enum Form { ANY, EXACT, LAID_OUT }

  /** The one way in which this reader refuses: with a code of the specification. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    final String code;

    Refused(String code) {
      super(code);
      this.code = code;
    }
  }

  static final long MAX = 9007199254740991L; // 2^53 - 1

  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,15}");

  private final String text, code;
  private final Form form;
  private int at;

  private Json(String text, Form form, String code) {
    this.text = text;
    this.form = form;
    this.code = code;
  }

  /** Map, List, String, Long (0 to MAX), Double (other numbers, ANY only), Boolean or null; else refused with code. */
  static Object parse(byte[] utf8, Form form, String code) {
    try { // a new decoder reports what isn't UTF-8
      return parse(UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString(), form, code); // R3
    } catch (CharacterCodingException e) {
      throw new Refused(code);
    }
  }

  static Object parse(String text, Form form, String code) {
    Json json = new Json(text, form, code);
    Object value = json.value(0);
    json.space();
    json.demand(json.at == text.length());
    return value;
  }

  private void demand(boolean holds) {
    if (!holds) throw new Refused(code);
  }

  private char next() {
    demand(at < text.length());
    return text.charAt(at++);
  }

  private void space() {
    while (form != Form.EXACT && at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }

  /** Whether this token comes next; then it is taken. */
  private boolean token(String token) {
    space();
    boolean there = text.startsWith(token, at);
    if (there) at += token.length();
    return there;
  }

  private Object value(int levels) {
    boolean object = token("{");
    if (object || token("[")) {
      demand(levels < 32); // R84
      return object ? object(levels + 1) : array(levels + 1);
    }
    if (token("\"")) return string();
    if (token("true")) return true;
    if (token("false")) return false;
    return token("null") ? null : number();
  }

  private Map<String, Object> object(int levels) {
    Map<String, Object> object = new LinkedHashMap<>();
    long last = -1; // R7: names that are whole numbers come first, ascending
    if (token("}")) return object;
    do {
      demand(token("\""));
      String name = string();
      long number = NUMBER.matcher(name).matches() ? Long.parseLong(name) : MAX;
      if (number > 4294967294L) number = MAX;
      demand(form == Form.ANY || (number >= last && !object.containsKey(name))); // no member twice
      last = number;
      demand(token(":"));
      object.put(name, value(levels));
    } while (token(","));
    demand(token("}"));
    return object;
  }

  private List<Object> array(int levels) {
    List<Object> array = new ArrayList<>();
    if (token("]")) return array;
    do array.add(value(levels)); while (token(","));
    demand(token("]"));
    return array;
  }

  private String string() {
    StringBuilder string = new StringBuilder();
    for (char c; (c = next()) != '"'; ) {
      demand(c >= 0x20 && !(form == Form.LAID_OUT && (c == ' ' || c == '\\'))); // R10
      string.append(c == '\\' ? escaped() : c);
    }
    return string.toString();
  }

  private char escaped() {
    char c = next();
    int at1 = "\"\\bfnrt/".indexOf(c);
    if (c != 'u') {
      demand(at1 >= 0 && !(form == Form.EXACT && c == '/'));
      return "\"\\\b\f\n\r\t/".charAt(at1);
    }
    StringBuilder hex = new StringBuilder();
    for (int i = 0; i < 4; i++) hex.append(next());
    // R7: control characters alone, in lower case, and those that have a short form only in that; so no lone surrogates
    demand(hex.toString().matches(form == Form.EXACT ? "00(0[0-7bef]|1[0-9a-f])" : "[0-9A-Fa-f]{4}"));
    return (char) Integer.parseInt(hex.toString(), 16);
  }

  private Object number() {
    int from = at;
    while (at < text.length() && "+-.0123456789Ee".indexOf(text.charAt(at)) >= 0) at++;
    String number = text.substring(from, at);
    if (NUMBER.matcher(number).matches() && Long.parseLong(number) <= MAX) return Long.parseLong(number);
    demand(form == Form.ANY && number.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([Ee][+-]?[0-9]+)?"));
    return Double.parseDouble(number);
  }

  /** Bytes that a string takes in exact form. */
  static long exactLength(String string) {
    long length = 2 + string.getBytes(UTF_8).length;
    for (char c : string.toCharArray()) length += "\"\\\b\f\n\r\t".indexOf(c) >= 0 ? 1 : c < 0x20 ? 5 : 0;
    return length;
  }

  // What values must be. Each takes the code of what is of the wrong type or form (R85).

  /** R8: an object with these members and perhaps those. */
  @SuppressWarnings("unchecked")
  static Map<String, Object> object(Object value, String code, List<String> required, List<String> optional) {
    if (!(value instanceof Map)) throw new Refused(code);
    Map<String, Object> object = (Map<String, Object>) value;
    for (String name : object.keySet()) {
      if (!required.contains(name) && !optional.contains(name)) throw new Refused("unsupported");
    }
    if (!object.keySet().containsAll(required)) throw new Refused(code);
    return object;
  }

  @SuppressWarnings("unchecked")
  static List<Object> list(Object value, int least, int most, String code, String beyond) {
    if (!(value instanceof List) || ((List<?>) value).size() < least) throw new Refused(code);
    if (((List<?>) value).size() > most) throw new Refused(beyond);
    return (List<Object>) value;
  }

  static String string(Object value, String code) {
    if (!(value instanceof String)) throw new Refused(code);
    return (String) value;
  }

  static String string(Object value, Pattern pattern, String code) {
    if (!pattern.matcher(string(value, code)).matches()) throw new Refused(code);
    return (String) value;
  }

  static long whole(Object value, long least, long most, String code) {
    if (!(value instanceof Long) || (Long) value < least || (Long) value > most) throw new Refused(code);
    return (Long) value;
  }

  /** R9: canonical base64url; Java's decoder alone takes padding and passes over unused bits. */
  static byte[] bytes(Object value, String code) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(string(value, code));
      if (base64url(bytes).equals(value)) return bytes;
    } catch (IllegalArgumentException e) { // refused below
    }
    throw new Refused(code);
  }

  static byte[] bytes(Object value, int length, String code) {
    byte[] bytes = bytes(value, code);
    if (bytes.length != length) throw new Refused(code);
    return bytes;
  }

  static String base64url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}

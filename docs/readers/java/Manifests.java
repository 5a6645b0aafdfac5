import static java.nio.charset.StandardCharsets.UTF_8;

import java.text.Normalizer;
import java.util.*;
import java.util.regex.Pattern;

/** The form of a manifest: sections 11.1 and 11.2. */
final class Manifests {
  static final String CODE = "bad-manifest";

  /** A file of a manifest; size is the file's, plainSize what its object holds. */
  record Entry(String path, long size, byte[] sha256, Map<String, Object> object, long plainSize) {
    byte[] bytes(String name) { return Json.bytes(object.get(name), CODE); }

    int chunk() { return ((Long) object.get("chunk")).intValue(); }
  }

  static Entry entry(Object value) { // R72, R73
    Map<String, Object> is = Json.object(value, CODE, List.of("path", "size", "sha256", "object"), List.of());
    Map<String, Object> object =
        Json.object(is.get("object"), CODE, List.of("index", "key", "chunk"), List.of("encoding", "size"));
    long size = Json.whole(is.get("size"), 0, Json.MAX, CODE), plain = size;
    byte[] sha256 = Json.bytes(is.get("sha256"), 32, CODE);
    for (String name : List.of("index", "key")) Json.bytes(object.get(name), 32, CODE);
    Forms.demand(object.containsKey("encoding") == object.containsKey("size"), CODE);
    if (object.containsKey("encoding")) {
      String encoding = Json.string(object.get("encoding"), CODE);
      Forms.demand(encoding.equals("br") || encoding.equals("gzip"), "unsupported");
      plain = Json.whole(object.get("size"), 0, size - 1, CODE);
    }
    Forms.chunks(plain, Forms.chunkSize(object.get("chunk")), CODE);
    Forms.demand(isPath(Json.string(is.get("path"), CODE)), CODE);
    return new Entry((String) is.get("path"), size, sha256, object, plain);
  }

  /** R72 to R76; returns the object list. maxSize is what the device accepts, null for anything. */
  static byte[] objectList(byte[] json, Long maxSize, Object listDigest) {
    Map<String, Object> manifest =
        Json.object(Json.parse(json, Json.Form.EXACT, CODE), CODE, List.of("files"), List.of()); // R71
    Map<String, List<Object>> objects = new HashMap<>();
    List<String> paths = new ArrayList<>();
    long sum = 0;
    for (Object value : Json.list(manifest.get("files"), 0, 100000, CODE, CODE)) {
      Entry entry = entry(value);
      paths.add(entry.path);
      sum += entry.size; // at most twice MAX before it is compared
      Forms.demand(sum <= Json.MAX, CODE);
      List<Object> held = List.of(entry.size, Json.base64url(entry.sha256), entry.object);
      List<Object> before = objects.putIfAbsent(Keys.hex(entry.bytes("index")), held);
      Forms.demand(before == null || before.equals(held), CODE); // R76
    }
    Forms.demand(areDifferent(paths), CODE);
    Forms.demand(maxSize == null || sum <= maxSize, "too-large");
    String names = objects.isEmpty() ? "" : "\"" + String.join("\",\"", new TreeSet<>(objects.keySet())) + "\"";
    byte[] list = Keys.ascii("{\"objects\":[" + names + "]}"); // R79
    Forms.demand(listDigest == null || listDigest.equals(Json.base64url(Keys.sha256(list))), CODE);
    return list;
  }

  private static final Pattern SELECTORS = Pattern.compile("[\\uFE00-\\uFE0F]");
  private static final Pattern DEVICE = Pattern.compile("(?is)(CON|PRN|AUX|NUL|CONIN\\$|CONOUT\\$|CLOCK\\$"
      + "|(COM|LPT)[0-9\\u00B9\\u00B2\\u00B3])( *\\..*)?");
  private static final Pattern FORBIDDEN = Pattern.compile("[\\\\:<>\"|?*\\uFFFD\\x00-\\x1F\\x7F-\\x9F\\u00AD\\u034F"
      + "\\u0600-\\u0605\\u061C\\u06DD\\u070F\\u0890\\u0891\\u08E2\\u115F\\u1160"
      + "\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u3164\\uFEFF\\uFFA0\\uFFF0-\\uFFFB"
      + "\\x{110BD}\\x{110CD}\\x{13430}-\\x{1343F}"
      + "\\x{1BCA0}-\\x{1BCA3}\\x{1D173}-\\x{1D17A}\\x{E0000}-\\x{E0FFF}]");

  /** R73. The parser has refused lone surrogates. */
  static boolean isPath(String path) {
    String[] parts = path.split("/", -1);
    if (path.getBytes(UTF_8).length > 1024 || parts.length > 64 || FORBIDDEN.matcher(path).find()
        || !Normalizer.isNormalized(path, Normalizer.Form.NFC)) return false;
    for (String part : parts) {
      String bare = SELECTORS.matcher(part).replaceAll("");
      if (part.getBytes(UTF_8).length > 255 || !isPart(part) || !isPart(bare)) return false;
    }
    return true;
  }

  private static boolean isPart(String part) {
    return !part.isEmpty() && !part.endsWith(".") && !part.endsWith(" ") && !DEVICE.matcher(part).matches();
  }

  /**
   * R74. The sigmas are made one: which of them Final_Sigma gives decides about no two paths, and Java looks for the
   * ends of words in its own way there.
   */
  private static String fold(String path) {
    String nfd = Normalizer.normalize(SELECTORS.matcher(path).replaceAll(""), Normalizer.Form.NFD);
    String upper = nfd.replace('\u03A3', '\u03C3').toLowerCase(Locale.ROOT).toUpperCase(Locale.ROOT);
    return Normalizer.normalize(upper.replace('\u03A3', '\u03C3').toLowerCase(Locale.ROOT), Normalizer.Form.NFD);
  }

  /** R74 of all paths of a manifest. A fold has a slash just where its path has one. */
  static boolean areDifferent(List<String> paths) {
    Map<String, String> folders = new LinkedHashMap<>();
    Set<String> files = new HashSet<>();
    for (String path : paths) {
      String fold = fold(path);
      if (!files.add(fold)) return false;
      for (int i, j, at = -1, foldAt = -1; (i = path.indexOf('/', at + 1)) >= 0; at = i, foldAt = j) {
        j = fold.indexOf('/', foldAt + 1);
        String spelled = folders.putIfAbsent(fold.substring(0, j), path.substring(0, i));
        if (spelled != null && !spelled.equals(path.substring(0, i)) || folders.size() > 100000) return false;
      }
    }
    files.retainAll(folders.keySet());
    return files.isEmpty();
  }
}

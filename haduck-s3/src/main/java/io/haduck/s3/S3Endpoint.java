package io.haduck.s3;

import io.haduck.core.InvalidConfigurationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code s3.endpoint}, and finds the slips that the pages of providers lead to. */
final class S3Endpoint {
  /** Where the service itself is at the root, so that a path can only be a bucket. */
  private static final List<String> WITHOUT_PATH =
      List.of(".r2.cloudflarestorage.com", ".amazonaws.com");

  /** Whose consoles show the bucket as a part of the host name. */
  private static final List<String> BUCKET_IN_HOST =
      List.of(
          ".amazonaws.com",
          ".digitaloceanspaces.com",
          ".backblazeb2.com",
          ".wasabisys.com",
          ".linodeobjects.com",
          ".storage.googleapis.com");

  private static final Pattern REGION_OF_AWS =
      Pattern.compile("(?:.*\\.)?s3[.-]([a-z]{2}(?:-[a-z]+)+-\\d+)\\.amazonaws\\.com(?:\\.cn)?");

  private S3Endpoint() {}

  /**
   * Reads it; a slash at its end does not count.
   *
   * @throws InvalidConfigurationException if it is no URL of a service
   */
  static URI parse(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new InvalidConfigurationException("haduck.s3.endpoint is not a URL: " + e.getReason());
    }
    if (uri.getRawUserInfo() != null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw new InvalidConfigurationException(
          "haduck.s3.endpoint must be scheme, host and port alone; credentials belong in"
              + " haduck.s3.access_key and haduck.s3.secret_key");
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new InvalidConfigurationException(
          "haduck.s3.endpoint '"
              + text
              + "' is not of the form https://host or http://host:port; a host name has letters,"
              + " digits, dots and hyphens");
    }
    String path = uri.getRawPath();
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    return URI.create(scheme + "://" + uri.getRawAuthority() + path.substring(0, end));
  }

  /**
   * Refuses an endpoint with the bucket in it, which would stand in each request twice.
   *
   * @throws InvalidConfigurationException that says what to write instead
   */
  static void requireApart(URI endpoint, String bucket) {
    String path = endpoint.getRawPath();
    String host = endpoint.getHost().toLowerCase(Locale.ROOT);
    String last = path.substring(path.lastIndexOf('/') + 1);
    if (last.equals(bucket) || (!path.isEmpty() && endsWithAny(host, WITHOUT_PATH))) {
      boolean all = !last.equals(bucket);
      String kept = all ? "" : path.substring(0, path.length() - last.length() - 1);
      throw twice(endpoint, endpoint.getRawAuthority() + kept, all ? path.substring(1) : bucket);
    }
    String label = bucket.toLowerCase(Locale.ROOT) + ".";
    if (host.startsWith(label) && endsWithAny(host, BUCKET_IN_HOST)) {
      throw twice(endpoint, endpoint.getRawAuthority().substring(label.length()), bucket);
    }
  }

  private static InvalidConfigurationException twice(URI endpoint, String without, String bucket) {
    return new InvalidConfigurationException(
        "haduck.s3.endpoint '"
            + endpoint
            + "' has the bucket in it. Write "
            + endpoint.getScheme()
            + "://"
            + without
            + ", and the bucket where the replica is named: haduck.replica=s3://"
            + bucket
            + "/prefix or haduck.s3.bucket="
            + bucket);
  }

  /** The region that a host of AWS names; null if it names none. */
  static @Nullable String regionOf(URI endpoint) {
    Matcher matcher = REGION_OF_AWS.matcher(endpoint.getHost().toLowerCase(Locale.ROOT));
    return matcher.matches() ? matcher.group(1) : null;
  }

  private static boolean endsWithAny(String host, List<String> suffixes) {
    return suffixes.stream().anyMatch(host::endsWith);
  }
}

package io.haduck.s3;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Modules of the AWS SDK that a profile asks for and that are not there. The SDK says so in the
 * midst of all that its chain of credentials has tried, and in passing.
 */
final class MissingSdkModule {
  private static final Pattern MISSING =
      Pattern.compile("the '([a-z0-9]+)' service module must be on the class path");

  private MissingSdkModule() {}

  /** What to add to the class path; null if no module is missing. */
  static @Nullable String cure(Throwable failure) {
    Set<String> modules = new TreeSet<>();
    Throwable at = failure;
    for (int depth = 0; at != null && depth < 20; depth++) {
      Matcher matcher = MISSING.matcher(String.valueOf(at.getMessage()));
      while (matcher.find()) {
        modules.add(matcher.group(1));
        if (matcher.group(1).equals("sso")) {
          modules.add("ssooidc"); // asked for next
        }
      }
      at = at.getCause();
    }
    if (modules.isEmpty()) {
      return null;
    }
    return "the AWS profile or environment needs "
        + modules.stream()
            .map(module -> "software.amazon.awssdk:" + module)
            .collect(Collectors.joining(" and "))
        + " on the class path, which haduck does not bring. Add it, in the version of the SDK's s3; or set"
        + " haduck.s3.access_key and haduck.s3.secret_key. The SDK said: "
        + failure.getMessage();
  }
}

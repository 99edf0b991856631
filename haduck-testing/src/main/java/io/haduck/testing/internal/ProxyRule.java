package io.haduck.testing.internal;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of certain requests, which the server never sees.
 *
 * @param requests picks by method and target, such as {@code PUT /bucket/key}
 * @param response as it is sent; null for none
 */
record ProxyRule(Predicate<String> requests, @Nullable String response) {
  boolean picks(HttpMessage request) {
    return requests.test(request.method() + " " + request.target());
  }
}

package io.haduck.jdbc.internal.forward;

import java.sql.SQLException;
import java.sql.Wrapper;

/**
 * The order in which a wrapper looks for an interface: itself, what it wraps, and what that wraps.
 */
final class Unwrapping {
  private Unwrapping() {}

  static <T> T unwrap(Object wrapper, Wrapper delegate, Class<T> iface) throws SQLException {
    if (iface.isInstance(wrapper)) {
      return iface.cast(wrapper);
    }
    if (iface.isInstance(delegate)) {
      return iface.cast(delegate);
    }
    return delegate.unwrap(iface);
  }

  static boolean isWrapperFor(Object wrapper, Wrapper delegate, Class<?> iface)
      throws SQLException {
    return iface.isInstance(wrapper) || iface.isInstance(delegate) || delegate.isWrapperFor(iface);
  }
}

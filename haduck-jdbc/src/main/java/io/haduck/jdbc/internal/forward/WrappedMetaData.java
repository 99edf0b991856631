package io.haduck.jdbc.internal.forward;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A database's metadata, whose results lead back to the wrapping connection. URL and product name
 * stay DuckDB's own, since tools recognise a database by them. As thread-safe as what it wraps.
 *
 * <p>A proxy, since none of its 180 methods is called often and three differ from DuckDB's.
 */
final class WrappedMetaData implements InvocationHandler {
  private final ConnectionDelegate connection;
  private final DatabaseMetaData wrapped;

  private WrappedMetaData(ConnectionDelegate connection, DatabaseMetaData wrapped) {
    this.connection = connection;
    this.wrapped = wrapped;
  }

  static DatabaseMetaData of(ConnectionDelegate connection, DatabaseMetaData wrapped) {
    return (DatabaseMetaData)
        Proxy.newProxyInstance(
            WrappedMetaData.class.getClassLoader(),
            new Class<?>[] {DatabaseMetaData.class},
            new WrappedMetaData(connection, wrapped));
  }

  @Override
  public @Nullable Object invoke(
      Object proxy, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    return switch (method.getName()) {
      case "equals" -> arguments != null && proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(proxy);
      case "toString" -> "WrappedMetaData[" + wrapped + "]";
      case "unwrap" -> unwrap((DatabaseMetaData) proxy, type(arguments));
      case "isWrapperFor" ->
          Unwrapping.isWrapperFor((DatabaseMetaData) proxy, wrapped, type(arguments));
      case "getConnection" -> {
        call(method, arguments); // fails as the wrapped one does when it is closed
        yield connection;
      }
      case "getFunctions" -> {
        Object functions = wrap(call(method, arguments));
        yield functions instanceof ResultSet found ? new UserFunctions(found) : functions;
      }
      default -> wrap(call(method, arguments));
    };
  }

  private static Class<?> type(@Nullable Object @Nullable [] arguments) {
    if (arguments == null || !(arguments[0] instanceof Class<?> type)) {
      throw new NullPointerException("no class is given");
    }
    return type;
  }

  private <T> T unwrap(DatabaseMetaData proxy, Class<T> type) throws SQLException {
    if (!type.isInstance(proxy)) {
      connection.handedOut();
    }
    return Unwrapping.unwrap(proxy, wrapped, type);
  }

  private @Nullable Object call(Method method, @Nullable Object @Nullable [] arguments)
      throws Throwable {
    try {
      return method.invoke(wrapped, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private @Nullable Object wrap(@Nullable Object result) throws SQLException {
    if (!(result instanceof ResultSet resultSet)) {
      return result;
    }
    Statement statement = resultSet.getStatement();
    return new ResultSetDelegate(connection.wrap(statement), resultSet);
  }
}

package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.internal.forward.UserFunctions;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.duckdb.DuckDBDriver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers {@code SELECT * FROM haduck_status()} to SQL, where DuckDB's driver lets Java define table
 * functions (from 1.5 on). One row per database: {@link StatusColumn}. By reflection, since haduck
 * also runs with drivers that do not. Safe for any thread.
 */
final class StatusFunction {
  private static final Logger log = LoggerFactory.getLogger(StatusFunction.class);
  static final String NAME = UserFunctions.HADUCKS;

  /** The driver keeps a note of every registration for good: this bounds them to about 1 MB. */
  private static final int MOST_REGISTRATIONS = 10_000;

  /** Of one chunk: DuckDB's vectors hold no more. */
  private static final int MOST_ROWS = 2048;

  private final @Nullable Class<?> functions = find("org.duckdb.DuckDBFunctions");
  private final @Nullable Class<?> tableFunction = find("org.duckdb.DuckDBTableFunction");
  private final AtomicInteger registrations = new AtomicInteger();

  private static @Nullable Class<?> find(String name) {
    try {
      return Class.forName(name, true, DuckDBDriver.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      return null;
    }
  }

  /**
   * Registers the function with the DuckDB instance of a connection; where that is not to be had,
   * does nothing.
   *
   * @param status asked by DuckDB's threads whenever SQL asks; must not take a lock that is held
   *     while DuckDB is called
   */
  void register(Connection duckdb, Supplier<List<DatabaseStatus>> status) {
    Class<?> factory = functions;
    Class<?> type = tableFunction;
    if (factory == null || type == null || registrations.getAndIncrement() >= MOST_REGISTRATIONS) {
      return;
    }
    try {
      Object function =
          Proxy.newProxyInstance(
              StatusFunction.class.getClassLoader(), new Class<?>[] {type}, new Callbacks(status));
      try (var builder = (AutoCloseable) factory.getMethod("tableFunction").invoke(null)) {
        call(builder, "withName", String.class, NAME);
        call(builder, "withFunction", type, function);
        call(builder, "register", Connection.class, duckdb);
      }
    } catch (Exception | LinkageError e) {
      log.debug("SQL has no function {}() here", NAME, e);
    }
  }

  private static @Nullable Object call(
      Object target, String method, Class<?> parameter, @Nullable Object argument)
      throws ReflectiveOperationException {
    return target.getClass().getMethod(method, parameter).invoke(target, argument);
  }

  /** What DuckDB calls: bind, then init, then apply until it returns no rows. */
  private static final class Callbacks implements InvocationHandler {
    private final Supplier<List<DatabaseStatus>> status;

    Callbacks(Supplier<List<DatabaseStatus>> status) {
      this.status = status;
    }

    @Override
    public @Nullable Object invoke(
        Object proxy, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
      try {
        return switch (method.getName()) {
          case "bind" -> bind(at(arguments, 0));
          case "init" -> new ArrayDeque<>(status.get());
          case "apply" -> apply(at(arguments, 0), at(arguments, 1));
          case "hashCode" -> System.identityHashCode(proxy);
          case "equals" -> proxy == at(arguments, 0);
          case "toString" -> NAME;
          default -> null; // no state per thread
        };
      } catch (InvocationTargetException e) {
        throw e.getCause() == null ? e : e.getCause();
      }
    }

    private static Object at(@Nullable Object @Nullable [] arguments, int index) {
      return Objects.requireNonNull(Objects.requireNonNull(arguments)[index]);
    }

    private static @Nullable Object bind(Object info) throws ReflectiveOperationException {
      Method add = info.getClass().getMethod("addResultColumn", String.class, Class.class);
      for (StatusColumn column : StatusColumn.ALL) {
        add.invoke(info, column.name(), column.type());
      }
      return null;
    }

    private static Object apply(Object info, Object chunk) throws ReflectiveOperationException {
      var left = (Deque<?>) info.getClass().getMethod("getInitData").invoke(info);
      long row = 0;
      while (left != null && !left.isEmpty() && row < MOST_ROWS) {
        var now = (DatabaseStatus) left.remove();
        for (int i = 0; i < StatusColumn.ALL.size(); i++) {
          StatusColumn column = StatusColumn.ALL.get(i);
          Object vector = call(chunk, "vector", long.class, (long) i);
          if (vector != null) {
            set(vector, row, column.type(), column.value().apply(now));
          }
        }
        row++;
      }
      return row;
    }

    private static void set(Object vector, long row, Class<?> type, @Nullable Object value)
        throws ReflectiveOperationException {
      if (value == null) {
        call(vector, "setNull", long.class, row);
        return;
      }
      String name = type.getSimpleName(); // the setters are named so: setLong, setString …
      String setter = "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
      vector.getClass().getMethod(setter, long.class, type).invoke(vector, row, value);
    }
  }
}

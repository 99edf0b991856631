package io.haduck.jdbc.internal.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every method of the JDBC interfaces of the JDK that runs this, called on a delegate, arrives
 * behind it.
 */
final class DelegatesTest {
  private record Call(String method, List<Class<?>> parameters, List<Object> arguments) {}

  /** Records what it is called with, and answers each call with a value that can be recognised. */
  private static final class Recorder implements InvocationHandler {
    final List<Call> calls = new ArrayList<>();

    <T> T proxy(Class<T> type) {
      return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, this));
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) {
      return switch (method.getName()) {
        case "toString" -> "recorded";
        case "hashCode" -> System.identityHashCode(proxy);
        case "equals" -> proxy == arguments[0];
        default -> {
          calls.add(
              new Call(
                  method.getName(),
                  List.of(method.getParameterTypes()),
                  arguments == null ? List.of() : Arrays.asList(arguments)));
          yield sample(method.getReturnType(), this);
        }
      };
    }
  }

  private static Object sample(Class<?> type, Recorder recorder) {
    if (type == void.class) {
      return null;
    }
    if (type.isPrimitive()) {
      return Map.<Class<?>, Object>of(
              boolean.class,
              true,
              byte.class,
              (byte) 7,
              short.class,
              (short) 7,
              int.class,
              7,
              long.class,
              7L,
              float.class,
              7f,
              double.class,
              7d)
          .get(type);
    }
    if (type.isInterface()) {
      return recorder.proxy(type);
    }
    if (type == String.class) {
      return "seven";
    }
    if (type == Class.class) {
      return Runnable.class;
    }
    if (type.isArray()) {
      return java.lang.reflect.Array.newInstance(type.getComponentType(), 1);
    }
    return null;
  }

  @TestFactory
  List<DynamicTest> everyMethod_isForwarded() {
    var tests = new ArrayList<DynamicTest>();
    Recorder unused = new Recorder();
    ConnectionDelegate connection = new ConnectionDelegate(unused.proxy(Connection.class));
    Statement statement = new StatementDelegate(connection, unused.proxy(Statement.class));
    add(tests, Connection.class, ConnectionDelegate::new);
    add(tests, Statement.class, it -> new StatementDelegate(connection, it));
    add(tests, PreparedStatement.class, it -> new PreparedStatementDelegate(connection, it));
    add(tests, ResultSet.class, it -> new ResultSetDelegate(statement, it));
    add(tests, DatabaseMetaData.class, it -> WrappedMetaData.of(connection, it));
    return tests;
  }

  private static <T> void add(List<DynamicTest> tests, Class<T> type, Function<T, T> wrapping) {
    for (Method method : type.getMethods()) {
      if (!Modifier.isStatic(method.getModifiers())) {
        tests.add(
            DynamicTest.dynamicTest(method.toString(), () -> forwards(type, wrapping, method)));
      }
    }
  }

  private static <T> void forwards(Class<T> type, Function<T, T> wrapping, Method method)
      throws Exception {
    var recorder = new Recorder();
    T delegate = wrapping.apply(recorder.proxy(type));
    Object[] arguments =
        Arrays.stream(method.getParameterTypes()).map(it -> sample(it, recorder)).toArray();
    Object result = method.invoke(delegate, arguments);
    assertThat(recorder.calls).isNotEmpty();
    Call call = recorder.calls.get(0);
    assertThat(call.method()).isEqualTo(method.getName());
    assertThat(call.parameters()).containsExactly(method.getParameterTypes());
    assertThat(call.arguments()).containsExactly(arguments);
    if (method.getReturnType().isPrimitive() || method.getReturnType() == String.class) {
      assertThat(result).isEqualTo(sample(method.getReturnType(), recorder));
    }
    if (result instanceof Connection
        || result instanceof Statement
        || result instanceof ResultSet
        || result instanceof DatabaseMetaData) {
      boolean passes = result instanceof java.sql.CallableStatement;
      boolean recorded =
          Proxy.isProxyClass(result.getClass())
              && Proxy.getInvocationHandler(result) instanceof Recorder;
      assertThat(recorded).as("is what is wrapped").isEqualTo(passes);
    }
  }

  @Test
  void results_leadBackToTheWrappers() throws SQLException {
    try (Connection connection =
            new ConnectionDelegate(java.sql.DriverManager.getConnection("jdbc:duckdb:"));
        Statement statement = connection.createStatement();
        PreparedStatement prepared = connection.prepareStatement("SELECT 1");
        ResultSet resultSet = statement.executeQuery("SELECT 2");
        ResultSet tables = connection.getMetaData().getTables(null, null, null, null)) {
      assertThat(statement.getConnection()).isSameAs(connection);
      assertThat(prepared.getConnection()).isSameAs(connection);
      assertThat(resultSet.getStatement()).isSameAs(statement);
      assertThat(prepared.executeQuery().getStatement()).isSameAs(prepared);
      assertThat(tables.getStatement().getConnection()).isSameAs(connection);
      assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
      assertThat(statement.execute("SELECT 3")).isTrue();
      assertThat(statement.getResultSet().getStatement()).isSameAs(statement);
      assertThat(statement.execute("CREATE TABLE t (a INTEGER)")).isFalse();
      assertThat(statement.getResultSet()).isNull();
    }
  }

  @Test
  void unwrap_givesItselfThenWhatIsWrapped() throws SQLException {
    try (Connection connection =
            new ConnectionDelegate(java.sql.DriverManager.getConnection("jdbc:duckdb:"));
        Statement statement = connection.createStatement();
        ResultSet resultSet = statement.executeQuery("SELECT 1")) {
      assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
      assertThat(connection.unwrap(org.duckdb.DuckDBConnection.class)).isNotNull();
      assertThat(connection.isWrapperFor(org.duckdb.DuckDBConnection.class)).isTrue();
      assertThat(connection.isWrapperFor(Runnable.class)).isFalse();
      assertThat(statement.unwrap(org.duckdb.DuckDBPreparedStatement.class)).isNotNull();
      assertThat(resultSet.unwrap(org.duckdb.DuckDBResultSet.class)).isNotNull();
      assertThatThrownBy(() -> connection.unwrap(Runnable.class)).isInstanceOf(SQLException.class);
    }
  }

  @Test
  void closedStatement_failsAsDuckDbDoes() throws SQLException {
    try (Connection connection =
        new ConnectionDelegate(java.sql.DriverManager.getConnection("jdbc:duckdb:"))) {
      Statement statement = connection.createStatement();
      statement.close();
      assertThatThrownBy(statement::getConnection).isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> statement.executeQuery("SELECT 1")).isInstanceOf(SQLException.class);
    }
  }
}

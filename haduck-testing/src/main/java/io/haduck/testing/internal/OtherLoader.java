package io.haduck.testing.internal;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;

/** Loads haduck's classes, and those of its tests, once more; everything else by its parent. */
public final class OtherLoader extends URLClassLoader {
  /** A second copy of haduck in this JVM. */
  public OtherLoader() throws MalformedURLException {
    super("the other application", classPath(), OtherLoader.class.getClassLoader());
  }

  private static URL[] classPath() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return urls.toArray(new URL[0]);
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith("io.haduck.")) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known == null ? findClass(name) : known;
    }
  }

  /** Calls a public static method of its own copy of a public class with texts. */
  public Object call(Class<?> type, String method, String... arguments)
      throws ReflectiveOperationException {
    Class<?>[] texts = new Class<?>[arguments.length];
    java.util.Arrays.fill(texts, String.class);
    return loadClass(type.getName()).getMethod(method, texts).invoke(null, (Object[]) arguments);
  }
}

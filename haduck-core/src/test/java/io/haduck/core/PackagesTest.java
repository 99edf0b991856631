package io.haduck.core;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** NullAway looks only at packages that say {@code @NullMarked}, so each of ours must. */
@Tag("compat")
class PackagesTest {

  @Test
  void everyPackage_isNullMarked() throws Exception {
    Class<?> core = Class.forName("io.haduck.core.package-info");
    Path root = Path.of(core.getProtectionDomain().getCodeSource().getLocation().toURI());

    Set<String> packages;
    try (Stream<Path> files = Files.walk(root)) {
      packages =
          files
              .filter(file -> file.toString().endsWith(".class"))
              .map(file -> root.relativize(file.getParent()).toString())
              .map(folder -> folder.replace(root.getFileSystem().getSeparator(), "."))
              .collect(toCollection(TreeSet::new));
    }

    assertThat(packages).contains("io.haduck.core", "io.haduck.core.store");
    assertThat(packages)
        .allSatisfy(
            name ->
                assertThat(Class.forName(name + ".package-info").getAnnotations())
                    .hasAtLeastOneElementOfType(NullMarked.class));
  }
}

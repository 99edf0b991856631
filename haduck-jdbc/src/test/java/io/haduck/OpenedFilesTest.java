package io.haduck;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.haduck.core.store.LockFile;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.Set;
import java.util.TreeSet;

/**
 * The lock trap: closing any descriptor of a database file drops DuckDB's lock on it
 * (docs/internals/duckdb-files.md#the-lock-trap). So each class that opens a file, by whatever
 * call, stands here with the reason why that can never be the file of a database that is open.
 */
@AnalyzeClasses(
    packages = {"io.haduck.core", "io.haduck.jdbc", "io.haduck.s3"},
    importOptions = ImportOption.DoNotIncludeTests.class)
class OpenedFilesTest {
  private static final String CORE = "io.haduck.core.";

  /** Which file it opens, and why that is no live database. */
  private static final Map<String, String> MAY =
      Map.ofEntries(
          Map.entry(
              CORE + "internal.duckdb.DatabaseFiles",
              "database files, and nothing else does: it closes no channel on one that is open"),
          Map.entry(
              CORE + "internal.duckdb.WalChannel",
              "F.wal, F.wal.checkpoint and F.wal.recovery: who opens them has locked the database first, so their own lock"
                  + " does not matter"),
          Map.entry(CORE + "internal.duckdb.PosixLocks", "/proc/locks"),
          Map.entry(
              CORE + "follower.CopyJournal",
              "the note beside a follower's copy, in a directory of its own"),
          Map.entry(
              CORE + "follower.CopyWal",
              "F.wal of a follower's copy, and the stream that it is made of: DuckDB keeps no descriptor on a log that it"
                  + " has replayed to read"),
          Map.entry(CORE + "internal.duckdb.ProcessDescriptors", "/proc/self/fdinfo"),
          Map.entry(
              CORE + "internal.restoring.NewestReadable",
              "a file that it has made under a random name, with a write-ahead log"),
          Map.entry(
              CORE + "store.LockFile",
              "F.haduck-lock and that of a replica in a directory: it made them, and refuses one that is not empty"),
          Map.entry(
              CORE + "store.DraftFile",
              "a file of a random name that it has just made in a replica"),
          Map.entry(
              CORE + "store.FileObjectStore",
              "objects of a replica in a directory, by the keys of the log: a database has no such name"),
          Map.entry(CORE + "lease.Participant", "what /proc says of this machine"),
          Map.entry(CORE + "store.DurableDirectories", "directories"),
          Map.entry(
              CORE + "internal.local.FileRights",
              "a file that it makes (CREATE_NEW), before it has the name of a database"),
          Map.entry(
              CORE + "internal.restoring.KeptFiles",
              "moves a copy that it has made, within one directory, which is a rename"),
          Map.entry(
              CORE + "internal.local.ReservedName",
              "moves an image that was restored, within one directory, which is a rename"),
          Map.entry(
              CORE + "internal.local.LocalRecord",
              "F.haduck and F.haduck-next, unless they are as long as a database is"),
          Map.entry(CORE + "internal.local.RecordJournal", "F.haduck, just after it was written"),
          Map.entry(
              CORE + "internal.restoring.HandedImage",
              "moves within one file system, or fails: no file is copied"),
          Map.entry(
              CORE + "internal.restoring.RestoredFiles",
              "moves within one directory, which are renames: no file is copied"));

  /** Opens the file that an argument names; copying and, between file systems, moving do too. */
  private static final Map<String, Set<String>> METHODS =
      Map.of(
          "java.nio.file.Files",
          Set.of(
              "createFile", // which closes what it has made, when others may have opened it already
              "newByteChannel",
              "newInputStream",
              "newOutputStream",
              "newBufferedReader",
              "newBufferedWriter",
              "readAllBytes",
              "readAllLines",
              "readString",
              "lines",
              "write",
              "writeString",
              "copy",
              "move",
              "mismatch",
              "probeContentType"),
          "java.nio.file.spi.FileSystemProvider",
          Set.of(
              "newByteChannel",
              "newFileChannel",
              "newAsynchronousFileChannel",
              "newInputStream",
              "newOutputStream",
              "copy",
              "move"),
          "java.nio.channels.FileChannel",
          Set.of("open"),
          "java.nio.channels.AsynchronousFileChannel",
          Set.of("open"),
          "java.nio.file.FileSystems",
          Set.of("newFileSystem"),
          "java.net.URL",
          Set.of("openStream", "openConnection", "getContent"),
          "software.amazon.awssdk.core.sync.RequestBody",
          Set.of("fromFile"),
          "software.amazon.awssdk.core.sync.ResponseTransformer",
          Set.of("toFile"));

  /** Opens the file that it is made of. */
  private static final Set<String> STREAMS =
      Set.of(
          "java.io.FileInputStream",
          "java.io.FileOutputStream",
          "java.io.FileReader",
          "java.io.FileWriter",
          "java.io.RandomAccessFile",
          "java.util.zip.ZipFile",
          "java.util.jar.JarFile",
          "java.util.logging.FileHandler");

  /** Opens a file if it is given one, or its name where a second meaning of a text is not. */
  private static final Map<String, Set<String>> BY_ARGUMENT =
      Map.of(
          "java.util.Scanner", Set.of("java.io.File", "java.nio.file.Path"),
          "java.util.Formatter", Set.of("java.io.File", "java.lang.String"),
          "java.io.PrintStream", Set.of("java.io.File", "java.lang.String"),
          "java.io.PrintWriter", Set.of("java.io.File", "java.lang.String"));

  @ArchTest
  static final ArchRule files_areOpenedByFew =
      classes()
          .that()
          .resideInAPackage("io.haduck..")
          .should(
              new ArchCondition<JavaClass>("open no file, but for those that stand here") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  if (!MAY.containsKey(outermost(type))) {
                    for (String opening : openings(type)) {
                      events.add(SimpleConditionEvent.violated(type, opening));
                    }
                  }
                }
              });

  /** Whoever does not have the channel cannot close it. */
  @ArchTest
  static final ArchRule channelsOnDatabases_stayInTheirPackage =
      noClasses()
          .that()
          .resideOutsideOfPackage(CORE + "internal.duckdb..")
          .and()
          .doNotHaveFullyQualifiedName(LockFile.class.getName()) // no database
          .should()
          .dependOnClassesThat()
          .areAssignableTo(AsynchronousFileChannel.class);

  @ArchTest
  static void everyoneWhoStandsHere_opensFiles(JavaClasses classes) {
    Set<String> opening = new TreeSet<>();
    for (JavaClass type : classes) {
      if (!openings(type).isEmpty()) {
        opening.add(outermost(type));
      }
    }
    assertThat(opening).containsAll(MAY.keySet());
  }

  /** Each way that is usual is known: this class's own use of them would be refused. */
  @ArchTest
  static void usualWays_areAllSeen(JavaClasses ignored) {
    JavaClass ways = new ClassFileImporter().importClass(UsualWays.class);
    assertThat(openings(ways)).hasSize(UsualWays.COUNT);
  }

  private static List<String> openings(JavaClass type) {
    return type.getCodeUnitAccessesFromSelf().stream()
        .filter(access -> opens(access.getTarget()))
        .map(JavaCodeUnitAccess::getDescription)
        .toList();
  }

  private static boolean opens(CodeUnitAccessTarget target) {
    String owner = target.getOwner().getFullName();
    Set<String> parameters = new TreeSet<>();
    target.getRawParameterTypes().forEach(parameter -> parameters.add(parameter.getFullName()));
    if (target.getName().equals("<init>")) {
      return (STREAMS.contains(owner) && !parameters.equals(Set.of("java.io.FileDescriptor")))
          || BY_ARGUMENT.getOrDefault(owner, Set.of()).stream().anyMatch(parameters::contains);
    }
    return METHODS.getOrDefault(owner, Set.of()).contains(target.getName())
        || (owner.startsWith("software.amazon.awssdk.services.")
            && parameters.contains("java.nio.file.Path"));
  }

  private static String outermost(JavaClass type) {
    String name = type.getFullName();
    int inner = name.indexOf('$');
    return inner < 0 ? name : name.substring(0, inner);
  }

  /** Never run. */
  @SuppressWarnings({"unused", "DefaultCharset"})
  private static final class UsualWays {
    static final int COUNT = 12;

    static long open(Path path, File file) throws IOException {
      try (InputStream one = new FileInputStream(file);
          InputStream two = Files.newInputStream(path);
          FileReader three = new FileReader(file);
          RandomAccessFile four = new RandomAccessFile(file, "r");
          FileChannel five = FileChannel.open(path);
          Scanner six = new Scanner(file);
          Scanner seven = new Scanner(path)) {
        Files.copy(path, path.resolveSibling("copy"));
        return Files.readAllBytes(path).length
            + Files.readString(path).length()
            + Files.mismatch(path, path)
            + one.available()
            + two.available()
            + three.read()
            + four.length()
            + five.size()
            + six.nextInt()
            + seven.nextInt()
            + called(Files::readAllLines, path);
      }
    }

    private static int called(Reading reading, Path path) throws IOException {
      return reading.of(path).hashCode();
    }

    private interface Reading {
      Object of(Path path) throws IOException;
    }
  }
}

package io.haduck.cli;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Finding;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.core.verify.VerifyReport;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** Reads all of a replica and proves it. */
@Command(name = "verify", description = "Reads all of a replica and proves it to its last byte.")
final class VerifyCommand extends ReplicaCommand {
  VerifyCommand(Shell shell) {
    super(shell);
  }

  @Override
  ExitCode run(ObjectStore store) {
    requireReplica(store);
    VerifyReport report = Verifier.create().run(store, VerifyProgress.none());
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("clean", report.isClean());
    fields.put("head_seq", report.headSeq());
    fields.put("objects", report.objects());
    fields.put("bytes", report.bytes());
    fields.put(
        "readable",
        report.readable().stream()
            .map(it -> Map.of("first", it.first(), "last", it.last()))
            .toList());
    fields.put("findings", report.findings().stream().map(VerifyCommand::fields).toList());
    fields.put("findings_omitted", report.findingsOmitted());
    fields.put("notes", report.notes());
    var text = new StringBuilder();
    text.append(report.isClean() ? "whole: " : "DAMAGED: ").append(replica);
    text.append("\n  read     ").append(report.objects()).append(" objects, ");
    text.append(report.bytes()).append(" bytes, head seq ").append(report.headSeq());
    report
        .readable()
        .forEach(
            it ->
                text.append("\n  restorable seq ")
                    .append(it.first())
                    .append(" to ")
                    .append(it.last()));
    report.findings().forEach(it -> text.append("\n  found    ").append(it));
    if (report.findingsOmitted() > 0) {
      text.append("\n  and ").append(report.findingsOmitted()).append(" findings more");
    }
    report.notes().forEach(it -> text.append("\n  note     ").append(it));
    answer(fields, text.toString());
    return report.isClean() ? ExitCode.DONE : ExitCode.DAMAGED;
  }

  private static Map<String, @Nullable Object> fields(Finding finding) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("key", finding.key());
    fields.put("offset", finding.offset().isPresent() ? finding.offset().getAsLong() : null);
    fields.put("length", finding.length());
    fields.put("seq", finding.seq());
    fields.put("what", finding.what());
    fields.put("try", finding.whatToDo());
    return fields;
  }
}

package io.haduck.testing.internal;

import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.Digest;
import java.util.Map;
import java.util.TreeMap;

/** What a made-up database holds, by its hashes. */
record Fingerprint(Map<Integer, BlockHash> blocks, Digest stream) {
  static Fingerprint of(History.Model model) {
    var blocks = new TreeMap<Integer, BlockHash>();
    model.blocks.forEach((id, bytes) -> blocks.put(id, BlockHash.of(bytes)));
    return new Fingerprint(blocks, Digest.sha256(model.stream));
  }
}

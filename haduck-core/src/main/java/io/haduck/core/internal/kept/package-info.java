/**
 * What is kept, written down: the manifests {@code kept/{n}}, and the names that keep a state
 * whatever the policy says. The protocol is explained in docs/internals/retention.md.
 */
@NullMarked
package io.haduck.core.internal.kept;

import org.jspecify.annotations.NullMarked;

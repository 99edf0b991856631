/**
 * What tests of an object store, and of what runs on one, need: a contract that every store must
 * keep, a store that misbehaves on purpose, one that counts, and an S3 server in this JVM.
 */
@NullMarked
package io.haduck.testing;

import org.jspecify.annotations.NullMarked;
